HTTP/1.1 403 Forbidden
Content-Type: application/json
Content-Length: 190
Connection: close
x-should-retry: false
X-Sallyport-Blocked: SP-9002;#############################

{"object":"error","message":"Blocked by sallyport policy: forbidden-word (rule SP-9002, exchange #############################)","type":"permission_error","param":null,"code":"policy_block"}