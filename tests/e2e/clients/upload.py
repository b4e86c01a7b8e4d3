#!/usr/bin/python3
"""Files uploaded by requests or httpx, as the SDKs for Python do it.

    upload.py requests|httpx CA URL FIELD=VALUE... @FILE...

prints the body of the answer and a line "STATUS code".
"""

import os
import sys


def main():
    kind, ca, url, *words = sys.argv[1:]
    fields = dict(w.split("=", 1) for w in words if not w.startswith("@"))
    files = [("file", (os.path.basename(w[1:]), open(w[1:], "rb").read()))
             for w in words if w.startswith("@")]
    if kind == "requests":
        import requests
        answer = requests.post(url, data=fields, files=files, verify=ca)
    else:
        import httpx
        answer = httpx.post(url, data=fields, files=files, verify=ca)
    print(answer.text)
    print("STATUS", answer.status_code)


main()
