# One session of R by `curl` or `httr`; see client.py for what is printed.
args <- commandArgs(TRUE)
kind <- args[1]
ca <- args[2]
rest <- args[-(1:2)]
if (!requireNamespace(kind, quietly = TRUE))
    quit(status = 77)
out <- pipe("cat", "wb")

show <- function(data, status, fields) {
    retry <- fields[["x-should-retry"]]
    writeBin(data, out)
    writeBin(charToRaw(sprintf("\nSTATUS %d retry=%s\n", status,
                               if (is.null(retry)) "" else retry)), out)
}

handle <- curl::new_handle()
for (i in seq(1, length(rest), 3)) {
    method <- rest[i]
    url <- rest[i + 1]
    body <- NULL
    if (rest[i + 2] != "-")
        body <- readBin(rest[i + 2], "raw", file.size(rest[i + 2]))
    if (kind == "curl") {
        curl::handle_reset(handle)
        curl::handle_setopt(handle, cainfo = ca, customrequest = method)
        if (!is.null(body)) {
            curl::handle_setopt(handle, postfieldsize = length(body),
                                postfields = body)
            curl::handle_setheaders(handle,
                                    "Content-Type" = "application/json")
        }
        answer <- curl::curl_fetch_memory(url, handle)
        show(answer$content, answer$status_code,
             curl::parse_headers_list(answer$headers))
    } else {
        answer <- httr::VERB(method, url, body = body,
                             httr::config(cainfo = ca),
                             if (!is.null(body))
                                 httr::content_type("application/json"))
        show(httr::content(answer, "raw"), httr::status_code(answer),
             httr::headers(answer))
    }
}
invisible(close(out))
