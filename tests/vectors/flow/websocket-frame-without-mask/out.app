HTTP/1.1 101 Switching Protocols
Connection: Upgrade
Upgrade: websocket
Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=

Å~7{"type":"error","event_id":"#############################","error":{"message":"Blocked by sallyport policy: the WebSocket breaks its protocol: WebSocket: a client's frame without a mask (rule websocket, exchange #############################)","type":"invalid_request_error","param":null,"code":"policy_block"}}àBlocked by sallyport policy