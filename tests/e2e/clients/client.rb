# One kept-alive session of Ruby's net/http; see client.py for what is printed.
require "net/http"
require "openssl"
require "uri"

ca, *rest = ARGV
session = nil
rest.each_slice(3) do |method, url, file|
  where = URI(url)
  if session.nil?
    session = Net::HTTP.new(where.host, where.port)
    session.use_ssl = where.scheme == "https"
    session.ca_file = ca
    session.read_timeout = 60
    session.max_retries = 0
    session.start
  end
  request = Net::HTTPGenericRequest.new(method, file != "-", method != "HEAD",
                                        where.request_uri)
  if file != "-"
    request.body = File.binread(file)
    request["Content-Type"] = "application/json"
  end
  data = +""
  session.start unless session.started?
  answer = session.request(request) do |r|
    r.read_body { |piece| data << piece }
  end
  $stdout.binmode
  $stdout.write(data)
  $stdout.write("\nSTATUS #{answer.code} retry=#{answer["x-should-retry"]}\n")
  $stdout.flush
end
