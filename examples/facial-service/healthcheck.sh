#!/bin/bash
# Asks the service for its health without starting Python, whose memory would count as the service's.
exec 3<>"/dev/tcp/127.0.0.1/${PORT:-5001}" || exit 1
printf 'GET /health HTTP/1.0\r\n\r\n' >&3
read -r -t 4 line <&3 && [[ "$line" == *" 200 "* ]]
