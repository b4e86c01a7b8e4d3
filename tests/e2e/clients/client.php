<?php
// One session of PHP, by `streams` or `curl`; see client.py for what is printed.
[, $kind, $ca] = $argv;
$rest = array_slice($argv, 3);
if ($kind === 'curl' && !function_exists('curl_init')) {
    exit(77);
}
$curl = $kind === 'curl' ? curl_init() : null;

foreach (array_chunk($rest, 3) as [$method, $url, $file]) {
    $body = $file === '-' ? null : file_get_contents($file);
    $retry = '';
    if ($kind === 'curl') {
        curl_reset($curl);
        curl_setopt($curl, CURLOPT_URL, $url);
        curl_setopt($curl, CURLOPT_CAINFO, $ca);
        curl_setopt($curl, CURLOPT_CUSTOMREQUEST, $method);
        curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
        curl_setopt($curl, CURLOPT_TIMEOUT, 60);
        if ($body !== null) {
            curl_setopt($curl, CURLOPT_POSTFIELDS, $body);
            curl_setopt($curl, CURLOPT_HTTPHEADER,
                ['Content-Type: application/json']);
        }
        curl_setopt($curl, CURLOPT_HEADERFUNCTION,
            function ($c, $line) use (&$retry) {
                if (stripos($line, 'x-should-retry:') === 0) {
                    $retry = trim(substr($line, 15));
                }
                return strlen($line);
            });
        $data = curl_exec($curl);
        if ($data === false) {
            fwrite(STDERR, curl_error($curl) . "\n");
            exit(1);
        }
        $code = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
    } else {
        $http = ['method' => $method, 'ignore_errors' => true,
            'protocol_version' => 1.1, 'timeout' => 60,
            'header' => ['Connection: close']];
        if ($body !== null) {
            $http['content'] = $body;
            $http['header'][] = 'Content-Type: application/json';
        }
        $context = stream_context_create(
            ['http' => $http, 'ssl' => ['cafile' => $ca]]);
        $data = file_get_contents($url, false, $context);
        if ($data === false) {
            exit(1);
        }
        $code = explode(' ', $http_response_header[0])[1];
        foreach ($http_response_header as $line) {
            if (stripos($line, 'x-should-retry:') === 0) {
                $retry = trim(substr($line, 15));
            }
        }
    }
    echo $data, "\nSTATUS $code retry=$retry\n";
}
