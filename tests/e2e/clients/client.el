;; One session of Emacs' url.el; see client.py for what is printed.
(require 'url)
(require 'gnutls)

(let* ((args command-line-args-left)
       (gnutls-trustfiles (list (car args)))
       (gnutls-verify-error t)
       (url-user-agent nil)
       (url-show-status nil)
       (message-log-max nil)
       (rest (cdr args)))
  (setq command-line-args-left nil)
  (while rest
    (let* ((url-request-method (nth 0 rest))
           (file (nth 2 rest))
           (url-request-data
            (and (not (equal file "-"))
                 (with-temp-buffer
                   (set-buffer-multibyte nil)
                   (insert-file-contents-literally file)
                   (buffer-string))))
           (url-request-extra-headers
            (and url-request-data '(("Content-Type" . "application/json"))))
           (buffer (url-retrieve-synchronously (nth 1 rest) t t 60)))
      (unless buffer
        (kill-emacs 1))
      (with-current-buffer buffer
        (goto-char (point-min))
        (let ((retry (save-excursion
                       (if (re-search-forward
                            "^x-should-retry: *\\([a-z]*\\)"
                            url-http-end-of-headers t)
                           (match-string 1)
                         "")))
              (coding-system-for-write 'binary))
          (goto-char url-http-end-of-headers)
          (forward-char 1)
          (princ (buffer-substring (point) (point-max))
                 (lambda (c) (send-string-to-terminal (string c))))
          (princ (format "\nSTATUS %d retry=%s\n"
                         url-http-response-status retry))))
      (setq rest (nthcdr 3 rest)))))
