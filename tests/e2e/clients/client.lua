-- Requests of Lua by LuaSec, a session each; see client.py for what is printed.
local have, https = pcall(require, "ssl.https")
if not have then
    os.exit(77)
end
local http = require("socket.http")
local ltn12 = require("ltn12")

local ca = arg[1]
for i = 2, #arg - 2, 3 do
    local method, url, file = arg[i], arg[i + 1], arg[i + 2]
    local pieces, body, fields = {}, nil, {}
    if file ~= "-" then
        local input = assert(io.open(file, "rb"))
        body = input:read("a")
        input:close()
        fields["content-type"] = "application/json"
        fields["content-length"] = #body
    end
    local plain = url:sub(1, 5) == "http:"
    local ok, code, answer = (plain and http or https).request {
        method = method, url = url, headers = fields,
        source = body and ltn12.source.string(body),
        sink = ltn12.sink.table(pieces),
        verify = "peer", cafile = ca, protocol = "any",
        options = { "all", "no_sslv2", "no_sslv3" },
    }
    if not ok then
        io.stderr:write(tostring(code), "\n")
        os.exit(1)
    end
    io.write(table.concat(pieces), "\nSTATUS ", code, " retry=",
        answer["x-should-retry"] or "", "\n")
end
