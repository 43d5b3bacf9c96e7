#!/bin/sh
# A Java that Spark 4 runs on, 17 or newer: the one that is there, else Debian's. Says what to do where it cannot be had.
java=java
[ -n "$JAVA_HOME" ] && java="$JAVA_HOME/bin/java"
version=$("$java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
[ "${version:-0}" -ge 17 ] && exit 0
if [ -z "$JAVA_HOME" ] && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && for name in openjdk-17-jre-headless openjdk-21-jre-headless default-jre-headless; do
    apt-get install -y -qq --no-install-recommends "$name" > /dev/null 2>&1 && exit 0
  done
fi
echo "need_java: Spark needs Java 17 or newer, and there is ${version:+only $version}${version:-none}: install it (Debian: apt-get install openjdk-17-jre-headless), or let JAVA_HOME name one" >&2
exit 1
