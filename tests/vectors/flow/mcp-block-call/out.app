HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 159
Connection: close
x-should-retry: false
X-Sallyport-Blocked: SP-9002;#############################

{"jsonrpc":"2.0","id":7,"error":{"code":-32000,"message":"Blocked by sallyport policy: forbidden-word (rule SP-9002, exchange #############################)"}}