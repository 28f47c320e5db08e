(component
  (type (;0;)
    (instance
      (export (;0;) "pollable" (type (sub resource)))
      (type (;1;) (borrow 0))
      (type (;2;) (func (param "self" 1)))
      (export (;0;) "[method]pollable.block" (func (type 2)))
    )
  )
  (import "wasi:io/poll@0.2.12" (instance (;0;) (type 0)))
  (alias export 0 "pollable" (type (;1;)))
  (type (;2;)
    (instance
      (type (;0;) u64)
      (export (;1;) "duration" (type (eq 0)))
      (alias outer 1 1 (type (;2;)))
      (export (;3;) "pollable" (type (eq 2)))
      (type (;4;) (own 3))
      (type (;5;) (func (param "when" 1) (result 4)))
      (export (;0;) "subscribe-duration" (func (type 5)))
    )
  )
  (import "wasi:clocks/monotonic-clock@0.2.12" (instance (;1;) (type 2)))
  (type (;3;)
    (instance
      (export (;0;) "error" (type (sub resource)))
    )
  )
  (import "wasi:io/error@0.2.12" (instance (;2;) (type 3)))
  (alias export 2 "error" (type (;4;)))
  (type (;5;)
    (instance
      (export (;0;) "input-stream" (type (sub resource)))
      (export (;1;) "output-stream" (type (sub resource)))
      (alias outer 1 4 (type (;2;)))
      (export (;3;) "error" (type (eq 2)))
      (type (;4;) (own 3))
      (type (;5;) (variant (case "last-operation-failed" 4) (case "closed")))
      (export (;6;) "stream-error" (type (eq 5)))
      (type (;7;) (borrow 0))
      (type (;8;) (list u8))
      (type (;9;) (result 8 (error 6)))
      (type (;10;) (func (param "self" 7) (param "len" u64) (result 9)))
      (export (;0;) "[method]input-stream.blocking-read" (func (type 10)))
      (type (;11;) (borrow 1))
      (type (;12;) (result (error 6)))
      (type (;13;) (func (param "self" 11) (param "contents" 8) (result 12)))
      (export (;1;) "[method]output-stream.blocking-write-and-flush" (func (type 13)))
    )
  )
  (import "wasi:io/streams@0.2.12" (instance (;3;) (type 5)))
  (alias export 3 "input-stream" (type (;6;)))
  (alias export 3 "output-stream" (type (;7;)))
  (type (;8;)
    (instance
      (export (;0;) "response-outparam" (type (sub resource)))
      (export (;1;) "fields" (type (sub resource)))
      (type (;2;) string)
      (export (;3;) "field-key" (type (eq 2)))
      (export (;4;) "field-name" (type (eq 3)))
      (type (;5;) (list u8))
      (export (;6;) "field-value" (type (eq 5)))
      (type (;7;) (variant (case "invalid-syntax") (case "forbidden") (case "immutable")))
      (export (;8;) "header-error" (type (eq 7)))
      (export (;9;) "incoming-request" (type (sub resource)))
      (type (;10;) (variant (case "get") (case "head") (case "post") (case "put") (case "delete") (case "connect") (case "options") (case "trace") (case "patch") (case "other" string)))
      (export (;11;) "method" (type (eq 10)))
      (type (;12;) (variant (case "HTTP") (case "HTTPS") (case "other" string)))
      (export (;13;) "scheme" (type (eq 12)))
      (export (;14;) "headers" (type (eq 1)))
      (export (;15;) "incoming-body" (type (sub resource)))
      (export (;16;) "outgoing-response" (type (sub resource)))
      (type (;17;) (option string))
      (type (;18;) (option u16))
      (type (;19;) (record (field "rcode" 17) (field "info-code" 18)))
      (export (;20;) "DNS-error-payload" (type (eq 19)))
      (type (;21;) (option u8))
      (type (;22;) (record (field "alert-id" 21) (field "alert-message" 17)))
      (export (;23;) "TLS-alert-received-payload" (type (eq 22)))
      (type (;24;) (option u32))
      (type (;25;) (record (field "field-name" 17) (field "field-size" 24)))
      (export (;26;) "field-size-payload" (type (eq 25)))
      (type (;27;) (option u64))
      (type (;28;) (option 26))
      (type (;29;) (variant (case "DNS-timeout") (case "DNS-error" 20) (case "destination-not-found") (case "destination-unavailable") (case "destination-IP-prohibited") (case "destination-IP-unroutable") (case "connection-refused") (case "connection-terminated") (case "connection-timeout") (case "connection-read-timeout") (case "connection-write-timeout") (case "connection-limit-reached") (case "TLS-protocol-error") (case "TLS-certificate-error") (case "TLS-alert-received" 23) (case "HTTP-request-denied") (case "HTTP-request-length-required") (case "HTTP-request-body-size" 27) (case "HTTP-request-method-invalid") (case "HTTP-request-URI-invalid") (case "HTTP-request-URI-too-long") (case "HTTP-request-header-section-size" 24) (case "HTTP-request-header-size" 28) (case "HTTP-request-trailer-section-size" 24) (case "HTTP-request-trailer-size" 26) (case "HTTP-response-incomplete") (case "HTTP-response-header-section-size" 24) (case "HTTP-response-header-size" 26) (case "HTTP-response-body-size" 27) (case "HTTP-response-trailer-section-size" 24) (case "HTTP-response-trailer-size" 26) (case "HTTP-response-transfer-coding" 17) (case "HTTP-response-content-coding" 17) (case "HTTP-response-timeout") (case "HTTP-upgrade-failed") (case "HTTP-protocol-error") (case "loop-detected") (case "configuration-error") (case "internal-error" 17)))
      (export (;30;) "error-code" (type (eq 29)))
      (alias outer 1 6 (type (;31;)))
      (export (;32;) "input-stream" (type (eq 31)))
      (export (;33;) "future-trailers" (type (sub resource)))
      (alias outer 1 1 (type (;34;)))
      (export (;35;) "pollable" (type (eq 34)))
      (export (;36;) "trailers" (type (eq 1)))
      (type (;37;) u16)
      (export (;38;) "status-code" (type (eq 37)))
      (export (;39;) "outgoing-body" (type (sub resource)))
      (alias outer 1 7 (type (;40;)))
      (export (;41;) "output-stream" (type (eq 40)))
      (type (;42;) (own 1))
      (type (;43;) (func (result 42)))
      (export (;0;) "[constructor]fields" (func (type 43)))
      (type (;44;) (borrow 1))
      (type (;45;) (result (error 8)))
      (type (;46;) (func (param "self" 44) (param "name" 4) (param "value" 6) (result 45)))
      (export (;1;) "[method]fields.append" (func (type 46)))
      (type (;47;) (tuple 4 6))
      (type (;48;) (list 47))
      (type (;49;) (func (param "self" 44) (result 48)))
      (export (;2;) "[method]fields.entries" (func (type 49)))
      (type (;50;) (borrow 9))
      (type (;51;) (func (param "self" 50) (result 11)))
      (export (;3;) "[method]incoming-request.method" (func (type 51)))
      (type (;52;) (func (param "self" 50) (result 17)))
      (export (;4;) "[method]incoming-request.path-with-query" (func (type 52)))
      (type (;53;) (option 13))
      (type (;54;) (func (param "self" 50) (result 53)))
      (export (;5;) "[method]incoming-request.scheme" (func (type 54)))
      (export (;6;) "[method]incoming-request.authority" (func (type 52)))
      (type (;55;) (own 14))
      (type (;56;) (func (param "self" 50) (result 55)))
      (export (;7;) "[method]incoming-request.headers" (func (type 56)))
      (type (;57;) (own 15))
      (type (;58;) (result 57))
      (type (;59;) (func (param "self" 50) (result 58)))
      (export (;8;) "[method]incoming-request.consume" (func (type 59)))
      (type (;60;) (own 0))
      (type (;61;) (own 16))
      (type (;62;) (result 61 (error 30)))
      (type (;63;) (func (param "param" 60) (param "response" 62)))
      (export (;9;) "[static]response-outparam.set" (func (type 63)))
      (type (;64;) (borrow 15))
      (type (;65;) (own 32))
      (type (;66;) (result 65))
      (type (;67;) (func (param "self" 64) (result 66)))
      (export (;10;) "[method]incoming-body.stream" (func (type 67)))
      (type (;68;) (own 33))
      (type (;69;) (func (param "this" 57) (result 68)))
      (export (;11;) "[static]incoming-body.finish" (func (type 69)))
      (type (;70;) (borrow 33))
      (type (;71;) (own 35))
      (type (;72;) (func (param "self" 70) (result 71)))
      (export (;12;) "[method]future-trailers.subscribe" (func (type 72)))
      (type (;73;) (own 36))
      (type (;74;) (option 73))
      (type (;75;) (result 74 (error 30)))
      (type (;76;) (result 75))
      (type (;77;) (option 76))
      (type (;78;) (func (param "self" 70) (result 77)))
      (export (;13;) "[method]future-trailers.get" (func (type 78)))
      (type (;79;) (func (param "headers" 55) (result 61)))
      (export (;14;) "[constructor]outgoing-response" (func (type 79)))
      (type (;80;) (borrow 16))
      (type (;81;) (result))
      (type (;82;) (func (param "self" 80) (param "status-code" 38) (result 81)))
      (export (;15;) "[method]outgoing-response.set-status-code" (func (type 82)))
      (type (;83;) (own 39))
      (type (;84;) (result 83))
      (type (;85;) (func (param "self" 80) (result 84)))
      (export (;16;) "[method]outgoing-response.body" (func (type 85)))
      (type (;86;) (borrow 39))
      (type (;87;) (own 41))
      (type (;88;) (result 87))
      (type (;89;) (func (param "self" 86) (result 88)))
      (export (;17;) "[method]outgoing-body.write" (func (type 89)))
      (type (;90;) (result (error 30)))
      (type (;91;) (func (param "this" 83) (param "trailers" 74) (result 90)))
      (export (;18;) "[static]outgoing-body.finish" (func (type 91)))
    )
  )
  (import "wasi:http/types@0.2.12" (instance (;4;) (type 8)))
  (core module (;0;)
    (type (;0;) (func (param i32)))
    (type (;1;) (func (param i64) (result i32)))
    (type (;2;) (func (param i32 i64 i32)))
    (type (;3;) (func (param i32 i32 i32 i32)))
    (type (;4;) (func (result i32)))
    (type (;5;) (func (param i32 i32 i32 i32 i32 i32)))
    (type (;6;) (func (param i32 i32)))
    (type (;7;) (func (param i32) (result i32)))
    (type (;8;) (func (param i32 i32 i32 i32 i64 i32 i32 i32 i32)))
    (type (;9;) (func (param i32 i32) (result i32)))
    (type (;10;) (func))
    (type (;11;) (func (param i32 i32 i32)))
    (type (;12;) (func (param i32 i32 i32) (result i32)))
    (type (;13;) (func (param i32 i32 i32 i32) (result i32)))
    (type (;14;) (func (param i32 i64 i32 i32) (result i32)))
    (import "wasi:io/poll@0.2.12" "[resource-drop]pollable" (func (;0;) (type 0)))
    (import "wasi:io/streams@0.2.12" "[resource-drop]input-stream" (func (;1;) (type 0)))
    (import "wasi:io/streams@0.2.12" "[resource-drop]output-stream" (func (;2;) (type 0)))
    (import "wasi:http/types@0.2.12" "[resource-drop]response-outparam" (func (;3;) (type 0)))
    (import "wasi:io/poll@0.2.12" "[method]pollable.block" (func (;4;) (type 0)))
    (import "wasi:clocks/monotonic-clock@0.2.12" "subscribe-duration" (func (;5;) (type 1)))
    (import "wasi:io/streams@0.2.12" "[method]input-stream.blocking-read" (func (;6;) (type 2)))
    (import "wasi:io/streams@0.2.12" "[method]output-stream.blocking-write-and-flush" (func (;7;) (type 3)))
    (import "wasi:http/types@0.2.12" "[constructor]fields" (func (;8;) (type 4)))
    (import "wasi:http/types@0.2.12" "[method]fields.append" (func (;9;) (type 5)))
    (import "wasi:http/types@0.2.12" "[method]fields.entries" (func (;10;) (type 6)))
    (import "wasi:http/types@0.2.12" "[method]incoming-request.method" (func (;11;) (type 6)))
    (import "wasi:http/types@0.2.12" "[method]incoming-request.path-with-query" (func (;12;) (type 6)))
    (import "wasi:http/types@0.2.12" "[method]incoming-request.scheme" (func (;13;) (type 6)))
    (import "wasi:http/types@0.2.12" "[method]incoming-request.authority" (func (;14;) (type 6)))
    (import "wasi:http/types@0.2.12" "[method]incoming-request.headers" (func (;15;) (type 7)))
    (import "wasi:http/types@0.2.12" "[method]incoming-request.consume" (func (;16;) (type 6)))
    (import "wasi:http/types@0.2.12" "[static]response-outparam.set" (func (;17;) (type 8)))
    (import "wasi:http/types@0.2.12" "[method]incoming-body.stream" (func (;18;) (type 6)))
    (import "wasi:http/types@0.2.12" "[static]incoming-body.finish" (func (;19;) (type 7)))
    (import "wasi:http/types@0.2.12" "[method]future-trailers.subscribe" (func (;20;) (type 7)))
    (import "wasi:http/types@0.2.12" "[method]future-trailers.get" (func (;21;) (type 6)))
    (import "wasi:http/types@0.2.12" "[constructor]outgoing-response" (func (;22;) (type 7)))
    (import "wasi:http/types@0.2.12" "[method]outgoing-response.set-status-code" (func (;23;) (type 9)))
    (import "wasi:http/types@0.2.12" "[method]outgoing-response.body" (func (;24;) (type 6)))
    (import "wasi:http/types@0.2.12" "[method]outgoing-body.write" (func (;25;) (type 6)))
    (import "wasi:http/types@0.2.12" "[static]outgoing-body.finish" (func (;26;) (type 3)))
    (table (;0;) 1 1 funcref)
    (memory (;0;) 2)
    (global (;0;) (mut i32) i32.const 65536)
    (export "memory" (memory 0))
    (export "cabi_realloc" (func 47))
    (export "wasi:http/incoming-handler@0.2.12#handle" (func 85))
    (export "_initialize" (func 86))
    (func (;27;) (type 10))
    (func (;28;) (type 6) (param i32 i32)
      (local i32 i32 i32 i32 i32 i64 i64 i64 i64)
      global.get 0
      i32.const 48
      i32.sub
      local.tee 2
      global.set 0
      local.get 0
      call 56
      local.set 3
      local.get 2
      i64.const 0
      i64.store offset=8
      local.get 2
      i32.const 65785
      i32.store offset=4
      local.get 3
      local.get 2
      i32.const 8
      i32.add
      call 70
      drop
      i32.const 0
      i32.const 0
      i32.load offset=65824
      i32.const 1
      i32.add
      i32.store offset=65824
      local.get 2
      i32.load offset=8
      local.tee 4
      local.get 2
      i32.load offset=12
      local.tee 3
      i32.add
      local.set 5
      block ;; label = @1
        block ;; label = @2
          block ;; label = @3
            local.get 3
            i32.eqz
            br_if 0 (;@3;)
            block ;; label = @4
              local.get 4
              i32.load8_u
              i32.const 47
              i32.ne
              br_if 0 (;@4;)
              block ;; label = @5
                local.get 3
                i32.const 1
                i32.eq
                br_if 0 (;@5;)
                local.get 4
                i32.load8_u offset=1
                i32.const 63
                i32.ne
                br_if 1 (;@4;)
              end
              local.get 1
              i32.const 65735
              call 29
              br 2 (;@2;)
            end
            block ;; label = @4
              block ;; label = @5
                local.get 3
                i32.const 5
                i32.lt_u
                br_if 0 (;@5;)
                block ;; label = @6
                  local.get 4
                  i32.load8_u
                  i32.const 47
                  i32.ne
                  br_if 0 (;@6;)
                  local.get 4
                  i32.load8_u offset=1
                  i32.const 101
                  i32.ne
                  br_if 0 (;@6;)
                  local.get 4
                  i32.load8_u offset=2
                  i32.const 99
                  i32.ne
                  br_if 0 (;@6;)
                  local.get 4
                  i32.load8_u offset=3
                  i32.const 104
                  i32.ne
                  br_if 0 (;@6;)
                  local.get 4
                  i32.load8_u offset=4
                  i32.const 111
                  i32.ne
                  br_if 0 (;@6;)
                  block ;; label = @7
                    local.get 3
                    i32.const 5
                    i32.eq
                    br_if 0 (;@7;)
                    local.get 4
                    i32.load8_u offset=5
                    i32.const 63
                    i32.ne
                    br_if 1 (;@6;)
                  end
                  local.get 0
                  call 56
                  i32.const 65832
                  call 74
                  drop
                  i32.const 0
                  i32.load offset=65832
                  call 58
                  local.get 2
                  i32.const 16
                  i32.add
                  call 76
                  drop
                  local.get 2
                  i32.load offset=16
                  local.set 3
                  local.get 1
                  i32.const 200
                  call 30
                  local.get 3
                  i32.const 1
                  call 31
                  i32.const 0
                  i32.load offset=65828
                  call 53
                  i32.const 0
                  i32.load offset=65836
                  i32.const 0
                  local.get 2
                  i32.const 16
                  i32.add
                  call 84
                  drop
                  br 4 (;@2;)
                end
                local.get 3
                i32.const 7
                i32.lt_u
                br_if 1 (;@4;)
                local.get 4
                i32.load8_u
                i32.const 47
                i32.ne
                br_if 2 (;@3;)
                local.get 4
                i32.load8_u offset=1
                i32.const 115
                i32.ne
                br_if 1 (;@4;)
                local.get 4
                i32.load8_u offset=2
                i32.const 116
                i32.ne
                br_if 1 (;@4;)
                local.get 4
                i32.load8_u offset=3
                i32.const 97
                i32.ne
                br_if 1 (;@4;)
                local.get 4
                i32.load8_u offset=4
                i32.const 116
                i32.ne
                br_if 1 (;@4;)
                local.get 4
                i32.load8_u offset=5
                i32.const 117
                i32.ne
                br_if 1 (;@4;)
                local.get 4
                i32.load8_u offset=6
                i32.const 115
                i32.ne
                br_if 1 (;@4;)
                i32.const 65785
                local.set 6
                block ;; label = @6
                  local.get 3
                  i32.const 7
                  i32.eq
                  br_if 0 (;@6;)
                  local.get 4
                  i32.load8_u offset=7
                  i32.const 63
                  i32.ne
                  br_if 2 (;@4;)
                  local.get 4
                  i32.const 8
                  i32.add
                  local.set 6
                end
                i32.const 0
                local.set 3
                block ;; label = @6
                  local.get 6
                  local.get 5
                  i32.ge_u
                  br_if 0 (;@6;)
                  i32.const 0
                  local.set 3
                  loop ;; label = @7
                    local.get 6
                    i32.load8_u
                    i32.const -48
                    i32.add
                    i32.const 255
                    i32.and
                    local.tee 4
                    i32.const 9
                    i32.gt_u
                    br_if 1 (;@6;)
                    local.get 3
                    i32.const 10
                    i32.mul
                    local.get 4
                    i32.add
                    local.set 3
                    local.get 6
                    i32.const 1
                    i32.add
                    local.tee 6
                    local.get 5
                    i32.ne
                    br_if 0 (;@7;)
                  end
                end
                local.get 1
                local.get 3
                call 30
                i32.const 0
                i32.load offset=65828
                call 53
                i32.const 0
                i32.load offset=65836
                i32.const 0
                local.get 2
                i32.const 16
                i32.add
                call 84
                drop
                br 3 (;@2;)
              end
              local.get 3
              i32.const 4
              i32.ne
              br_if 1 (;@3;)
            end
            local.get 4
            i32.load8_u
            i32.const 47
            i32.ne
            br_if 0 (;@3;)
            local.get 4
            i32.load8_u offset=1
            i32.const 98
            i32.ne
            br_if 0 (;@3;)
            local.get 4
            i32.load8_u offset=2
            i32.const 105
            i32.ne
            br_if 0 (;@3;)
            local.get 4
            i32.load8_u offset=3
            i32.const 103
            i32.ne
            br_if 0 (;@3;)
            i32.const 65785
            local.set 6
            block ;; label = @4
              local.get 3
              i32.const 4
              i32.eq
              br_if 0 (;@4;)
              local.get 4
              i32.load8_u offset=4
              i32.const 63
              i32.ne
              br_if 1 (;@3;)
              local.get 4
              i32.const 5
              i32.add
              local.set 6
            end
            i32.const 0
            local.set 3
            block ;; label = @4
              local.get 6
              local.get 5
              i32.ge_u
              br_if 0 (;@4;)
              i32.const 0
              local.set 3
              loop ;; label = @5
                local.get 6
                i32.load8_u
                i32.const -48
                i32.add
                i32.const 255
                i32.and
                local.tee 4
                i32.const 9
                i32.gt_u
                br_if 1 (;@4;)
                local.get 3
                i32.const 10
                i32.mul
                local.get 4
                i32.add
                local.set 3
                local.get 6
                i32.const 1
                i32.add
                local.tee 6
                local.get 5
                i32.ne
                br_if 0 (;@5;)
              end
            end
            local.get 1
            local.get 3
            i32.const 0
            call 32
            br 1 (;@2;)
          end
          block ;; label = @3
            local.get 2
            i32.const 8
            i32.add
            i32.const 65544
            local.get 2
            i32.const 4
            i32.add
            call 33
            i32.eqz
            br_if 0 (;@3;)
            i32.const 0
            local.set 4
            block ;; label = @4
              local.get 2
              i32.load offset=4
              local.tee 3
              local.get 5
              i32.ge_u
              br_if 0 (;@4;)
              i32.const 0
              local.set 4
              loop ;; label = @5
                local.get 3
                i32.load8_u
                i32.const -48
                i32.add
                i32.const 255
                i32.and
                local.tee 0
                i32.const 9
                i32.gt_u
                br_if 1 (;@4;)
                local.get 4
                i32.const 10
                i32.mul
                local.get 0
                i32.add
                local.set 4
                local.get 3
                i32.const 1
                i32.add
                local.tee 3
                local.get 5
                i32.ne
                br_if 0 (;@5;)
              end
            end
            local.get 1
            local.get 4
            i32.const 20
            call 32
            br 1 (;@2;)
          end
          block ;; label = @3
            local.get 2
            i32.const 8
            i32.add
            i32.const 65574
            local.get 2
            i32.const 4
            i32.add
            call 33
            i32.eqz
            br_if 0 (;@3;)
            i32.const 0
            local.set 4
            block ;; label = @4
              local.get 2
              i32.load offset=4
              local.tee 3
              local.get 5
              i32.ge_u
              br_if 0 (;@4;)
              i32.const 0
              local.set 4
              loop ;; label = @5
                local.get 3
                i32.load8_u
                i32.const -48
                i32.add
                i32.const 255
                i32.and
                local.tee 0
                i32.const 9
                i32.gt_u
                br_if 1 (;@4;)
                local.get 4
                i32.const 10
                i32.mul
                local.get 0
                i32.add
                local.set 4
                local.get 3
                i32.const 1
                i32.add
                local.tee 3
                local.get 5
                i32.ne
                br_if 0 (;@5;)
              end
            end
            local.get 4
            call 34
            local.get 1
            i32.const 65699
            call 29
            br 1 (;@2;)
          end
          block ;; label = @3
            local.get 2
            i32.const 8
            i32.add
            i32.const 65587
            local.get 2
            i32.const 4
            i32.add
            call 33
            i32.eqz
            br_if 0 (;@3;)
            i64.const -1
            local.set 7
            block ;; label = @4
              local.get 2
              i32.load offset=4
              local.tee 3
              local.get 5
              i32.ge_u
              br_if 0 (;@4;)
              i32.const 0
              local.set 4
              block ;; label = @5
                loop ;; label = @6
                  local.get 3
                  i32.load8_u
                  i32.const -48
                  i32.add
                  i32.const 255
                  i32.and
                  local.tee 0
                  i32.const 9
                  i32.gt_u
                  br_if 1 (;@5;)
                  local.get 4
                  i32.const 10
                  i32.mul
                  local.get 0
                  i32.add
                  local.set 4
                  local.get 3
                  i32.const 1
                  i32.add
                  local.tee 3
                  local.get 5
                  i32.ne
                  br_if 0 (;@6;)
                end
              end
              i64.const -1
              local.set 7
              local.get 4
              i32.eqz
              br_if 0 (;@4;)
              local.get 4
              i64.extend_i32_u
              i64.const 1000000
              i64.mul
              local.set 7
            end
            local.get 7
            i64.const -1
            i64.add
            local.set 8
            block ;; label = @4
              local.get 7
              i64.const 3
              i64.and
              local.tee 9
              i64.eqz
              br_if 0 (;@4;)
              local.get 7
              i64.const -4
              i64.and
              local.set 10
              local.get 7
              i32.wrap_i64
              i32.const -1
              i32.add
              local.set 3
              loop ;; label = @5
                i32.const 0
                local.get 3
                i32.const 0
                i32.load offset=69936
                i32.add
                i32.store offset=69936
                local.get 3
                i32.const -1
                i32.add
                local.set 3
                local.get 9
                i64.const -1
                i64.add
                local.tee 9
                i64.const 0
                i64.ne
                br_if 0 (;@5;)
              end
              local.get 10
              local.set 7
            end
            block ;; label = @4
              local.get 8
              i64.const 3
              i64.lt_u
              br_if 0 (;@4;)
              local.get 7
              i32.wrap_i64
              i32.const -4
              i32.add
              local.set 3
              loop ;; label = @5
                i32.const 0
                local.get 3
                i32.const 0
                i32.load offset=69936
                i32.add
                i32.const 3
                i32.add
                i32.store offset=69936
                i32.const 0
                local.get 3
                i32.const 0
                i32.load offset=69936
                i32.add
                i32.const 2
                i32.add
                i32.store offset=69936
                i32.const 0
                local.get 3
                i32.const 0
                i32.load offset=69936
                i32.add
                i32.const 1
                i32.add
                i32.store offset=69936
                i32.const 0
                local.get 3
                i32.const 0
                i32.load offset=69936
                i32.add
                i32.store offset=69936
                local.get 3
                i32.const -4
                i32.add
                local.set 3
                local.get 7
                i64.const -4
                i64.add
                local.tee 7
                i64.const 0
                i64.ne
                br_if 0 (;@5;)
              end
            end
            local.get 1
            i32.const 65749
            call 29
            br 1 (;@2;)
          end
          block ;; label = @3
            local.get 2
            i32.const 8
            i32.add
            i32.const 65567
            local.get 2
            i32.const 4
            i32.add
            call 33
            i32.eqz
            br_if 0 (;@3;)
            local.get 1
            i32.const 65776
            call 29
            i32.const 0
            local.set 4
            block ;; label = @4
              local.get 2
              i32.load offset=4
              local.tee 3
              local.get 5
              i32.ge_u
              br_if 0 (;@4;)
              i32.const 0
              local.set 4
              loop ;; label = @5
                local.get 3
                i32.load8_u
                i32.const -48
                i32.add
                i32.const 255
                i32.and
                local.tee 0
                i32.const 9
                i32.gt_u
                br_if 1 (;@4;)
                local.get 4
                i32.const 10
                i32.mul
                local.get 0
                i32.add
                local.set 4
                local.get 3
                i32.const 1
                i32.add
                local.tee 3
                local.get 5
                i32.ne
                br_if 0 (;@5;)
              end
            end
            local.get 4
            call 34
            br 1 (;@2;)
          end
          block ;; label = @3
            local.get 2
            i32.const 8
            i32.add
            i32.const 65550
            local.get 2
            i32.const 4
            i32.add
            call 33
            i32.eqz
            br_if 0 (;@3;)
            local.get 1
            i32.const 200
            call 30
            i32.const 0
            i32.load offset=65824
            call 35
            i32.const 0
            call 36
            br 1 (;@2;)
          end
          block ;; label = @3
            local.get 2
            i32.const 8
            i32.add
            i32.const 65536
            local.get 2
            i32.const 4
            i32.add
            call 33
            i32.eqz
            br_if 0 (;@3;)
            i32.const 0
            local.set 4
            block ;; label = @4
              local.get 2
              i32.load offset=4
              local.tee 3
              local.get 5
              i32.ge_u
              br_if 0 (;@4;)
              i32.const 0
              local.set 4
              block ;; label = @5
                loop ;; label = @6
                  local.get 3
                  i32.load8_u
                  i32.const -48
                  i32.add
                  i32.const 255
                  i32.and
                  local.tee 0
                  i32.const 9
                  i32.gt_u
                  br_if 1 (;@5;)
                  local.get 4
                  i32.const 10
                  i32.mul
                  local.get 0
                  i32.add
                  local.set 4
                  local.get 3
                  i32.const 1
                  i32.add
                  local.tee 3
                  local.get 5
                  i32.ne
                  br_if 0 (;@6;)
                end
              end
              local.get 4
              i32.const 4
              i32.shl
              local.set 4
            end
            local.get 4
            memory.grow
            i32.const -1
            i32.eq
            br_if 2 (;@1;)
            local.get 1
            i32.const 65742
            call 29
            br 1 (;@2;)
          end
          block ;; label = @3
            local.get 2
            i32.const 8
            i32.add
            i32.const 65604
            local.get 2
            i32.const 4
            i32.add
            call 33
            i32.eqz
            br_if 0 (;@3;)
            block ;; label = @4
              local.get 2
              i32.load offset=4
              local.tee 0
              local.get 5
              i32.ge_u
              br_if 0 (;@4;)
              i32.const 0
              local.set 3
              loop ;; label = @5
                local.get 3
                i32.const 65792
                i32.add
                local.get 0
                local.get 3
                i32.add
                local.tee 4
                i32.load8_u
                i32.store8
                local.get 3
                i32.const 18
                i32.gt_u
                br_if 1 (;@4;)
                local.get 3
                i32.const 1
                i32.add
                local.set 3
                local.get 4
                i32.const 1
                i32.add
                local.get 5
                i32.lt_u
                br_if 0 (;@5;)
              end
            end
            local.get 1
            call 37
            br 1 (;@2;)
          end
          block ;; label = @3
            local.get 2
            i32.const 8
            i32.add
            i32.const 65649
            local.get 2
            i32.const 4
            i32.add
            call 33
            i32.eqz
            br_if 0 (;@3;)
            local.get 0
            local.get 1
            call 38
            br 1 (;@2;)
          end
          block ;; label = @3
            local.get 2
            i32.const 8
            i32.add
            i32.const 65557
            local.get 2
            i32.const 4
            i32.add
            call 33
            i32.eqz
            br_if 0 (;@3;)
            local.get 0
            local.get 1
            call 39
            br 1 (;@2;)
          end
          local.get 2
          i32.const 8
          i32.add
          i32.const 65627
          local.get 2
          i32.const 4
          i32.add
          call 33
          br_if 0 (;@2;)
          local.get 2
          i32.const 8
          i32.add
          local.get 1
          call 40
        end
        local.get 2
        i32.const 48
        i32.add
        global.set 0
        return
      end
      unreachable
    )
    (func (;29;) (type 6) (param i32 i32)
      (local i32 i32 i32)
      global.get 0
      i32.const 48
      i32.sub
      local.tee 2
      global.set 0
      local.get 0
      i32.const 200
      call 30
      i32.const 0
      local.set 0
      loop ;; label = @1
        local.get 1
        local.get 0
        i32.add
        local.set 3
        local.get 0
        i32.const 1
        i32.add
        local.tee 4
        local.set 0
        local.get 3
        i32.load8_u
        br_if 0 (;@1;)
      end
      local.get 4
      i32.const -1
      i32.add
      local.set 0
      block ;; label = @1
        loop ;; label = @2
          local.get 0
          i32.eqz
          br_if 1 (;@1;)
          local.get 2
          local.get 0
          i32.const 4096
          local.get 0
          i32.const 4096
          i32.lt_u
          select
          i32.store offset=12
          local.get 2
          local.get 1
          i32.store offset=8
          i32.const 0
          i32.load offset=65828
          call 54
          local.get 2
          i32.const 8
          i32.add
          local.get 2
          i32.const 16
          i32.add
          call 65
          local.set 3
          local.get 0
          local.get 2
          i32.load offset=12
          local.tee 4
          i32.sub
          local.set 0
          local.get 1
          local.get 4
          i32.add
          local.set 1
          local.get 3
          br_if 0 (;@2;)
        end
      end
      i32.const 0
      i32.load offset=65828
      call 53
      i32.const 0
      i32.load offset=65836
      i32.const 0
      local.get 2
      i32.const 16
      i32.add
      call 84
      drop
      local.get 2
      i32.const 48
      i32.add
      global.set 0
    )
    (func (;30;) (type 6) (param i32 i32)
      (local i32 i32 i32 i32)
      global.get 0
      i32.const 64
      i32.sub
      local.tee 2
      global.set 0
      call 66
      local.set 3
      local.get 2
      i32.const 12
      i32.store offset=28
      local.get 2
      i32.const 65636
      i32.store offset=24
      local.get 2
      i32.const 10
      i32.store offset=20
      local.get 2
      i32.const 65593
      i32.store offset=16
      local.get 3
      call 55
      local.get 2
      i32.const 24
      i32.add
      local.get 2
      i32.const 16
      i32.add
      local.get 2
      i32.const 15
      i32.add
      call 67
      drop
      local.get 2
      i32.const 56
      i32.add
      i64.const 0
      i64.store
      local.get 2
      i32.const 48
      i32.add
      i64.const 0
      i64.store
      local.get 2
      i32.const 40
      i32.add
      i64.const 0
      i64.store
      local.get 2
      i32.const 32
      i32.add
      local.tee 4
      i64.const 0
      i64.store
      local.get 2
      i64.const 0
      i64.store offset=24
      local.get 3
      call 80
      local.tee 3
      call 60
      local.tee 5
      local.get 1
      i32.const 65535
      i32.and
      call 81
      drop
      local.get 5
      i32.const 65836
      call 82
      drop
      i32.const 0
      i32.load offset=65836
      call 61
      i32.const 65828
      call 83
      drop
      local.get 4
      local.get 3
      i32.store
      local.get 0
      local.get 2
      i32.const 24
      i32.add
      call 75
      local.get 2
      i32.const 64
      i32.add
      global.set 0
    )
    (func (;31;) (type 6) (param i32 i32)
      (local i32 i32 i32 i32 i32)
      global.get 0
      i32.const 32
      i32.sub
      local.tee 2
      global.set 0
      block ;; label = @1
        local.get 0
        call 52
        i64.const 65536
        local.get 2
        i32.const 8
        i32.add
        local.get 2
        call 64
        i32.eqz
        br_if 0 (;@1;)
        loop ;; label = @2
          block ;; label = @3
            local.get 1
            i32.eqz
            br_if 0 (;@3;)
            local.get 2
            i32.load offset=12
            local.set 3
            local.get 2
            i32.load offset=8
            local.set 4
            loop ;; label = @4
              local.get 3
              i32.eqz
              br_if 1 (;@3;)
              local.get 2
              local.get 3
              i32.const 4096
              local.get 3
              i32.const 4096
              i32.lt_u
              select
              i32.store offset=20
              local.get 2
              local.get 4
              i32.store offset=16
              i32.const 0
              i32.load offset=65828
              call 54
              local.get 2
              i32.const 16
              i32.add
              local.get 2
              i32.const 24
              i32.add
              call 65
              local.set 5
              local.get 3
              local.get 2
              i32.load offset=20
              local.tee 6
              i32.sub
              local.set 3
              local.get 4
              local.get 6
              i32.add
              local.set 4
              local.get 5
              br_if 0 (;@4;)
              br 3 (;@1;)
            end
          end
          local.get 2
          i32.const 8
          i32.add
          call 50
          local.get 0
          call 52
          i64.const 65536
          local.get 2
          i32.const 8
          i32.add
          local.get 2
          call 64
          br_if 0 (;@2;)
        end
      end
      local.get 0
      call 51
      local.get 2
      i32.const 32
      i32.add
      global.set 0
    )
    (func (;32;) (type 11) (param i32 i32 i32)
      (local i32 i32 i64 i32 i32 i32)
      global.get 0
      i32.const 48
      i32.sub
      local.tee 3
      global.set 0
      i32.const 0
      local.set 4
      loop ;; label = @1
        local.get 4
        i32.const 65840
        i32.add
        local.get 4
        i32.const 65535
        i32.and
        i32.const 26
        i32.rem_u
        i32.const 97
        i32.or
        i32.store8
        local.get 4
        i32.const 65841
        i32.add
        local.get 4
        i32.const 1
        i32.add
        i32.const 65535
        i32.and
        i32.const 26
        i32.rem_u
        i32.const 97
        i32.add
        i32.store8
        local.get 4
        i32.const 2
        i32.add
        local.tee 4
        i32.const 4096
        i32.ne
        br_if 0 (;@1;)
      end
      local.get 0
      i32.const 200
      call 30
      block ;; label = @1
        block ;; label = @2
          local.get 1
          i32.eqz
          br_if 0 (;@2;)
          local.get 2
          i64.extend_i32_u
          i64.const 1000000
          i64.mul
          local.set 5
          loop ;; label = @3
            i32.const 65840
            local.set 0
            i32.const 1
            local.get 1
            i32.const 4096
            local.get 1
            i32.const 4096
            i32.lt_u
            select
            local.get 2
            select
            local.tee 6
            local.set 4
            block ;; label = @4
              loop ;; label = @5
                local.get 4
                i32.eqz
                br_if 1 (;@4;)
                local.get 3
                local.get 4
                i32.const 4096
                local.get 4
                i32.const 4096
                i32.lt_u
                select
                i32.store offset=12
                local.get 3
                local.get 0
                i32.store offset=8
                i32.const 0
                i32.load offset=65828
                call 54
                local.get 3
                i32.const 8
                i32.add
                local.get 3
                i32.const 16
                i32.add
                call 65
                local.set 7
                local.get 4
                local.get 3
                i32.load offset=12
                local.tee 8
                i32.sub
                local.set 4
                local.get 0
                local.get 8
                i32.add
                local.set 0
                local.get 7
                br_if 0 (;@5;)
                br 4 (;@1;)
              end
            end
            block ;; label = @4
              local.get 2
              i32.eqz
              br_if 0 (;@4;)
              local.get 5
              call 63
              local.tee 4
              call 49
              call 62
              local.get 4
              call 48
            end
            local.get 1
            local.get 6
            i32.sub
            local.tee 1
            br_if 0 (;@3;)
          end
        end
        i32.const 0
        i32.load offset=65828
        call 53
        i32.const 0
        i32.load offset=65836
        i32.const 0
        local.get 3
        i32.const 16
        i32.add
        call 84
        drop
      end
      local.get 3
      i32.const 48
      i32.add
      global.set 0
    )
    (func (;33;) (type 12) (param i32 i32 i32) (result i32)
      (local i32 i32 i32 i32 i32 i32)
      i32.const 0
      local.set 3
      loop ;; label = @1
        local.get 1
        local.get 3
        i32.add
        local.set 4
        local.get 3
        i32.const 1
        i32.add
        local.tee 5
        local.set 3
        local.get 4
        i32.load8_u
        br_if 0 (;@1;)
      end
      i32.const 0
      local.set 6
      block ;; label = @1
        local.get 0
        i32.load offset=4
        local.tee 7
        local.get 5
        i32.const -1
        i32.add
        local.tee 4
        i32.lt_u
        br_if 0 (;@1;)
        block ;; label = @2
          local.get 5
          i32.const 1
          i32.eq
          br_if 0 (;@2;)
          local.get 0
          i32.load
          local.set 8
          i32.const 0
          local.set 3
          block ;; label = @3
            loop ;; label = @4
              local.get 8
              local.get 3
              i32.add
              i32.load8_u
              local.get 1
              local.get 3
              i32.add
              i32.load8_u
              i32.ne
              br_if 1 (;@3;)
              local.get 4
              local.get 3
              i32.const 1
              i32.add
              local.tee 3
              i32.eq
              br_if 2 (;@2;)
              br 0 (;@4;)
            end
          end
          i32.const 0
          return
        end
        i32.const 65785
        local.set 3
        block ;; label = @2
          local.get 7
          local.get 4
          i32.le_u
          br_if 0 (;@2;)
          local.get 0
          i32.load
          local.get 5
          i32.add
          local.tee 3
          i32.const -1
          i32.add
          i32.load8_u
          i32.const 63
          i32.ne
          br_if 1 (;@1;)
        end
        local.get 2
        local.get 3
        i32.store
        i32.const 1
        local.set 6
      end
      local.get 6
    )
    (func (;34;) (type 0) (param i32)
      local.get 0
      i64.extend_i32_u
      i64.const 1000000
      i64.mul
      call 63
      local.tee 0
      call 49
      call 62
      local.get 0
      call 48
    )
    (func (;35;) (type 0) (param i32)
      (local i32 i32 i32 i32)
      global.get 0
      i32.const 48
      i32.sub
      local.tee 1
      global.set 0
      local.get 1
      i32.const 0
      i32.store8 offset=23
      local.get 1
      i32.const 23
      i32.add
      local.set 2
      loop ;; label = @1
        local.get 2
        i32.const -1
        i32.add
        local.tee 2
        local.get 0
        local.get 0
        i32.const 10
        i32.div_u
        local.tee 3
        i32.const 10
        i32.mul
        i32.sub
        i32.const 48
        i32.or
        i32.store8
        local.get 0
        i32.const 9
        i32.gt_u
        local.set 4
        local.get 3
        local.set 0
        local.get 4
        br_if 0 (;@1;)
      end
      i32.const 0
      local.set 0
      loop ;; label = @1
        local.get 2
        local.get 0
        i32.add
        local.set 3
        local.get 0
        i32.const 1
        i32.add
        local.tee 4
        local.set 0
        local.get 3
        i32.load8_u
        br_if 0 (;@1;)
      end
      local.get 4
      i32.const -1
      i32.add
      local.set 0
      block ;; label = @1
        loop ;; label = @2
          local.get 0
          i32.eqz
          br_if 1 (;@1;)
          local.get 1
          local.get 0
          i32.const 4096
          local.get 0
          i32.const 4096
          i32.lt_u
          select
          i32.store offset=36
          local.get 1
          local.get 2
          i32.store offset=32
          i32.const 0
          i32.load offset=65828
          call 54
          local.get 1
          i32.const 32
          i32.add
          local.get 1
          i32.const 40
          i32.add
          call 65
          local.set 3
          local.get 0
          local.get 1
          i32.load offset=36
          local.tee 4
          i32.sub
          local.set 0
          local.get 2
          local.get 4
          i32.add
          local.set 2
          local.get 3
          br_if 0 (;@2;)
        end
      end
      local.get 1
      i32.const 48
      i32.add
      global.set 0
    )
    (func (;36;) (type 0) (param i32)
      (local i32)
      global.get 0
      i32.const 32
      i32.sub
      local.tee 1
      global.set 0
      i32.const 0
      i32.load offset=65828
      call 53
      i32.const 0
      i32.load offset=65836
      local.get 0
      local.get 1
      call 84
      drop
      local.get 1
      i32.const 32
      i32.add
      global.set 0
    )
    (func (;37;) (type 0) (param i32)
      (local i32 i32 i32 i32 i32)
      global.get 0
      i32.const 64
      i32.sub
      local.tee 1
      global.set 0
      call 66
      local.set 2
      local.get 1
      i32.const 14
      i32.store offset=20
      local.get 1
      i32.const 65612
      i32.store offset=16
      local.get 1
      i32.const 65792
      i32.store offset=56
      i32.const -1
      local.set 3
      loop ;; label = @1
        local.get 3
        i32.const 65793
        i32.add
        local.set 4
        local.get 3
        i32.const 1
        i32.add
        local.tee 5
        local.set 3
        local.get 4
        i32.load8_u
        br_if 0 (;@1;)
      end
      local.get 1
      local.get 5
      i32.store offset=60
      local.get 2
      call 55
      local.get 1
      i32.const 16
      i32.add
      local.get 1
      i32.const 56
      i32.add
      local.get 1
      i32.const 15
      i32.add
      call 67
      drop
      local.get 1
      i32.const 48
      i32.add
      i64.const 0
      i64.store
      local.get 1
      i32.const 40
      i32.add
      i64.const 0
      i64.store
      local.get 1
      i32.const 32
      i32.add
      i64.const 0
      i64.store
      local.get 1
      i32.const 24
      i32.add
      local.tee 3
      i64.const 0
      i64.store
      local.get 1
      i64.const 0
      i64.store offset=16
      local.get 2
      call 80
      local.tee 4
      call 60
      local.tee 5
      i32.const 200
      call 81
      drop
      local.get 5
      i32.const 65836
      call 82
      drop
      i32.const 0
      i32.load offset=65836
      call 61
      i32.const 65828
      call 83
      drop
      local.get 3
      local.get 4
      i32.store
      local.get 0
      local.get 1
      i32.const 16
      i32.add
      call 75
      i32.const 5
      local.set 3
      i32.const 65581
      local.set 4
      block ;; label = @1
        loop ;; label = @2
          local.get 3
          i32.eqz
          br_if 1 (;@1;)
          local.get 1
          local.get 3
          i32.const 4096
          local.get 3
          i32.const 4096
          i32.lt_u
          select
          i32.store offset=60
          local.get 1
          local.get 4
          i32.store offset=56
          i32.const 0
          i32.load offset=65828
          call 54
          local.get 1
          i32.const 56
          i32.add
          local.get 1
          i32.const 16
          i32.add
          call 65
          local.set 5
          local.get 3
          local.get 1
          i32.load offset=60
          local.tee 2
          i32.sub
          local.set 3
          local.get 4
          local.get 2
          i32.add
          local.set 4
          local.get 5
          br_if 0 (;@2;)
        end
      end
      i32.const 0
      i32.load offset=65828
      call 53
      i32.const 0
      i32.load offset=65836
      i32.const 0
      local.get 1
      i32.const 16
      i32.add
      call 84
      drop
      local.get 1
      i32.const 64
      i32.add
      global.set 0
    )
    (func (;38;) (type 6) (param i32 i32)
      (local i32 i32 i32 i32 i32)
      global.get 0
      i32.const 96
      i32.sub
      local.tee 2
      global.set 0
      local.get 0
      call 56
      local.set 3
      local.get 1
      i32.const 200
      call 30
      local.get 3
      local.get 2
      i32.const 28
      i32.add
      call 69
      i32.const 7
      local.set 0
      i32.const 65674
      local.set 1
      block ;; label = @1
        loop ;; label = @2
          local.get 0
          i32.eqz
          br_if 1 (;@1;)
          local.get 2
          local.get 0
          i32.const 4096
          local.get 0
          i32.const 4096
          i32.lt_u
          select
          i32.store offset=12
          local.get 2
          local.get 1
          i32.store offset=8
          i32.const 0
          i32.load offset=65828
          call 54
          local.get 2
          i32.const 8
          i32.add
          local.get 2
          i32.const 48
          i32.add
          call 65
          local.set 4
          local.get 0
          local.get 2
          i32.load offset=12
          local.tee 5
          i32.sub
          local.set 0
          local.get 1
          local.get 5
          i32.add
          local.set 1
          local.get 4
          br_if 0 (;@2;)
        end
      end
      local.get 2
      i32.load8_u offset=28
      local.set 1
      local.get 2
      i32.const 0
      i32.store8 offset=71
      local.get 2
      i32.const 71
      i32.add
      local.set 0
      loop ;; label = @1
        local.get 0
        i32.const -1
        i32.add
        local.tee 0
        local.get 1
        local.get 1
        i32.const 10
        i32.div_u
        local.tee 4
        i32.const 10
        i32.mul
        i32.sub
        i32.const 48
        i32.or
        i32.store8
        local.get 1
        i32.const 9
        i32.gt_u
        local.set 5
        local.get 4
        local.set 1
        local.get 5
        br_if 0 (;@1;)
      end
      i32.const 0
      local.set 1
      loop ;; label = @1
        local.get 0
        local.get 1
        i32.add
        local.set 4
        local.get 1
        i32.const 1
        i32.add
        local.tee 5
        local.set 1
        local.get 4
        i32.load8_u
        br_if 0 (;@1;)
      end
      local.get 5
      i32.const -1
      i32.add
      local.set 1
      block ;; label = @1
        loop ;; label = @2
          local.get 1
          i32.eqz
          br_if 1 (;@1;)
          local.get 2
          local.get 1
          i32.const 4096
          local.get 1
          i32.const 4096
          i32.lt_u
          select
          i32.store offset=92
          local.get 2
          local.get 0
          i32.store offset=88
          i32.const 0
          i32.load offset=65828
          call 54
          local.get 2
          i32.const 88
          i32.add
          local.get 2
          i32.const 8
          i32.add
          call 65
          local.set 4
          local.get 1
          local.get 2
          i32.load offset=92
          local.tee 5
          i32.sub
          local.set 1
          local.get 0
          local.get 5
          i32.add
          local.set 0
          local.get 4
          br_if 0 (;@2;)
        end
      end
      local.get 3
      local.get 2
      i32.const 8
      i32.add
      call 71
      local.set 0
      i32.const 65706
      i32.const 65721
      local.get 2
      i32.load8_u offset=8
      i32.const 255
      i32.and
      i32.const 1
      i32.eq
      select
      i32.const 65721
      local.get 0
      select
      local.set 1
      i32.const 0
      local.set 0
      loop ;; label = @1
        local.get 1
        local.get 0
        i32.add
        local.set 4
        local.get 0
        i32.const 1
        i32.add
        local.tee 5
        local.set 0
        local.get 4
        i32.load8_u
        br_if 0 (;@1;)
      end
      local.get 5
      i32.const -1
      i32.add
      local.set 0
      block ;; label = @1
        loop ;; label = @2
          local.get 0
          i32.eqz
          br_if 1 (;@1;)
          local.get 2
          local.get 0
          i32.const 4096
          local.get 0
          i32.const 4096
          i32.lt_u
          select
          i32.store offset=92
          local.get 2
          local.get 1
          i32.store offset=88
          i32.const 0
          i32.load offset=65828
          call 54
          local.get 2
          i32.const 88
          i32.add
          local.get 2
          i32.const 48
          i32.add
          call 65
          local.set 4
          local.get 0
          local.get 2
          i32.load offset=92
          local.tee 5
          i32.sub
          local.set 0
          local.get 1
          local.get 5
          i32.add
          local.set 1
          local.get 4
          br_if 0 (;@2;)
        end
      end
      i32.const 65668
      local.get 3
      local.get 2
      i32.const 20
      i32.add
      call 70
      local.get 2
      i32.const 20
      i32.add
      call 41
      i32.const 65657
      local.get 3
      local.get 2
      i32.const 20
      i32.add
      call 72
      local.get 2
      i32.const 20
      i32.add
      call 41
      local.get 3
      call 73
      call 55
      local.get 2
      i32.const 40
      i32.add
      call 68
      block ;; label = @1
        local.get 2
        i32.load offset=44
        i32.eqz
        br_if 0 (;@1;)
        i32.const 0
        local.set 3
        loop ;; label = @2
          local.get 2
          i32.load offset=40
          local.get 3
          i32.const 4
          i32.shl
          local.tee 6
          i32.add
          local.tee 1
          i32.load offset=4
          local.set 0
          local.get 1
          i32.load
          local.set 1
          block ;; label = @3
            loop ;; label = @4
              local.get 0
              i32.eqz
              br_if 1 (;@3;)
              local.get 2
              local.get 0
              i32.const 4096
              local.get 0
              i32.const 4096
              i32.lt_u
              select
              i32.store offset=92
              local.get 2
              local.get 1
              i32.store offset=88
              i32.const 0
              i32.load offset=65828
              call 54
              local.get 2
              i32.const 88
              i32.add
              local.get 2
              i32.const 48
              i32.add
              call 65
              local.set 4
              local.get 0
              local.get 2
              i32.load offset=92
              local.tee 5
              i32.sub
              local.set 0
              local.get 1
              local.get 5
              i32.add
              local.set 1
              local.get 4
              br_if 0 (;@4;)
            end
          end
          i32.const 1
          local.set 0
          i32.const 65655
          local.set 1
          block ;; label = @3
            loop ;; label = @4
              local.get 0
              i32.eqz
              br_if 1 (;@3;)
              local.get 2
              local.get 0
              i32.const 4096
              local.get 0
              i32.const 4096
              i32.lt_u
              select
              i32.store offset=92
              local.get 2
              local.get 1
              i32.store offset=88
              i32.const 0
              i32.load offset=65828
              call 54
              local.get 2
              i32.const 88
              i32.add
              local.get 2
              i32.const 48
              i32.add
              call 65
              local.set 4
              local.get 0
              local.get 2
              i32.load offset=92
              local.tee 5
              i32.sub
              local.set 0
              local.get 1
              local.get 5
              i32.add
              local.set 1
              local.get 4
              br_if 0 (;@4;)
            end
          end
          local.get 2
          i32.load offset=40
          local.get 6
          i32.add
          local.tee 1
          i32.load offset=12
          local.set 0
          local.get 1
          i32.load offset=8
          local.set 1
          block ;; label = @3
            loop ;; label = @4
              local.get 0
              i32.eqz
              br_if 1 (;@3;)
              local.get 2
              local.get 0
              i32.const 4096
              local.get 0
              i32.const 4096
              i32.lt_u
              select
              i32.store offset=92
              local.get 2
              local.get 1
              i32.store offset=88
              i32.const 0
              i32.load offset=65828
              call 54
              local.get 2
              i32.const 88
              i32.add
              local.get 2
              i32.const 48
              i32.add
              call 65
              local.set 4
              local.get 0
              local.get 2
              i32.load offset=92
              local.tee 5
              i32.sub
              local.set 0
              local.get 1
              local.get 5
              i32.add
              local.set 1
              local.get 4
              br_if 0 (;@4;)
            end
          end
          i32.const 1
          local.set 0
          i32.const 65784
          local.set 1
          block ;; label = @3
            loop ;; label = @4
              local.get 0
              i32.eqz
              br_if 1 (;@3;)
              local.get 2
              local.get 0
              i32.const 4096
              local.get 0
              i32.const 4096
              i32.lt_u
              select
              i32.store offset=92
              local.get 2
              local.get 1
              i32.store offset=88
              i32.const 0
              i32.load offset=65828
              call 54
              local.get 2
              i32.const 88
              i32.add
              local.get 2
              i32.const 48
              i32.add
              call 65
              local.set 4
              local.get 0
              local.get 2
              i32.load offset=92
              local.tee 5
              i32.sub
              local.set 0
              local.get 1
              local.get 5
              i32.add
              local.set 1
              local.get 4
              br_if 0 (;@4;)
            end
          end
          local.get 3
          i32.const 1
          i32.add
          local.tee 3
          local.get 2
          i32.load offset=44
          i32.lt_u
          br_if 0 (;@2;)
        end
      end
      i32.const 0
      i32.load offset=65828
      call 53
      i32.const 0
      i32.load offset=65836
      i32.const 0
      local.get 2
      i32.const 48
      i32.add
      call 84
      drop
      local.get 2
      i32.const 96
      i32.add
      global.set 0
    )
    (func (;39;) (type 6) (param i32 i32)
      (local i32 i32 i32 i32)
      global.get 0
      i32.const 80
      i32.sub
      local.tee 2
      global.set 0
      local.get 0
      call 56
      i32.const 65832
      call 74
      drop
      i32.const 0
      i32.load offset=65832
      call 58
      local.get 2
      call 76
      drop
      local.get 2
      i32.load
      i32.const 0
      call 31
      i32.const 0
      i32.load offset=65832
      call 77
      call 59
      local.tee 3
      call 78
      call 49
      call 62
      local.get 1
      i32.const 200
      call 30
      i32.const 16
      local.set 0
      i32.const 65682
      local.set 1
      block ;; label = @1
        loop ;; label = @2
          local.get 0
          i32.eqz
          br_if 1 (;@1;)
          local.get 2
          local.get 0
          i32.const 4096
          local.get 0
          i32.const 4096
          i32.lt_u
          select
          i32.store offset=52
          local.get 2
          local.get 1
          i32.store offset=48
          i32.const 0
          i32.load offset=65828
          call 54
          local.get 2
          i32.const 48
          i32.add
          local.get 2
          call 65
          local.set 4
          local.get 0
          local.get 2
          i32.load offset=52
          local.tee 5
          i32.sub
          local.set 0
          local.get 1
          local.get 5
          i32.add
          local.set 1
          local.get 4
          br_if 0 (;@2;)
        end
      end
      block ;; label = @1
        block ;; label = @2
          local.get 3
          local.get 2
          call 79
          i32.eqz
          br_if 0 (;@2;)
          local.get 2
          i32.load8_u
          br_if 0 (;@2;)
          local.get 2
          i32.load8_u offset=8
          br_if 0 (;@2;)
          local.get 2
          i32.load8_u offset=16
          i32.const 1
          i32.ne
          br_if 0 (;@2;)
          i32.const 0
          i32.load offset=65828
          call 53
          i32.const 0
          i32.load offset=65836
          local.get 2
          i32.const 20
          i32.add
          local.get 2
          i32.const 48
          i32.add
          call 84
          drop
          br 1 (;@1;)
        end
        i32.const 0
        i32.load offset=65828
        call 53
        i32.const 0
        i32.load offset=65836
        i32.const 0
        local.get 2
        i32.const 48
        i32.add
        call 84
        drop
      end
      local.get 2
      i32.const 80
      i32.add
      global.set 0
    )
    (func (;40;) (type 6) (param i32 i32)
      (local i32 i32 i32)
      global.get 0
      i32.const 48
      i32.sub
      local.tee 2
      global.set 0
      block ;; label = @1
        local.get 0
        i32.load offset=4
        local.tee 3
        i32.const 8
        i32.lt_u
        br_if 0 (;@1;)
        loop ;; label = @2
          local.get 0
          i32.load
          local.tee 4
          i32.load8_u
          i32.const 47
          i32.ne
          br_if 1 (;@1;)
          local.get 4
          i32.load8_u offset=1
          i32.const 104
          i32.ne
          br_if 1 (;@1;)
          local.get 4
          i32.load8_u offset=2
          i32.const 97
          i32.ne
          br_if 1 (;@1;)
          local.get 4
          i32.load8_u offset=3
          i32.const 110
          i32.ne
          br_if 1 (;@1;)
          local.get 4
          i32.load8_u offset=4
          i32.const 100
          i32.ne
          br_if 1 (;@1;)
          local.get 4
          i32.load8_u offset=5
          i32.const 108
          i32.ne
          br_if 1 (;@1;)
          local.get 4
          i32.load8_u offset=6
          i32.const 101
          i32.ne
          br_if 1 (;@1;)
          local.get 4
          i32.load8_u offset=7
          i32.const 115
          i32.ne
          br_if 1 (;@1;)
          block ;; label = @3
            local.get 3
            i32.const 8
            i32.eq
            br_if 0 (;@3;)
            local.get 4
            i32.load8_u offset=8
            i32.const 63
            i32.ne
            br_if 2 (;@1;)
          end
          call 66
          drop
          local.get 0
          i32.load offset=4
          local.tee 3
          i32.const 7
          i32.gt_u
          br_if 0 (;@2;)
        end
      end
      block ;; label = @1
        block ;; label = @2
          block ;; label = @3
            block ;; label = @4
              block ;; label = @5
                block ;; label = @6
                  block ;; label = @7
                    block ;; label = @8
                      block ;; label = @9
                        block ;; label = @10
                          block ;; label = @11
                            loop ;; label = @12
                              local.get 0
                              i32.load offset=4
                              local.tee 3
                              i32.const 9
                              i32.lt_u
                              br_if 1 (;@11;)
                              local.get 0
                              i32.load
                              local.tee 4
                              i32.load8_u
                              i32.const 47
                              i32.ne
                              br_if 4 (;@8;)
                              local.get 4
                              i32.load8_u offset=1
                              i32.const 97
                              i32.ne
                              br_if 2 (;@10;)
                              local.get 4
                              i32.load8_u offset=2
                              i32.const 108
                              i32.ne
                              br_if 2 (;@10;)
                              local.get 4
                              i32.load8_u offset=3
                              i32.const 108
                              i32.ne
                              br_if 2 (;@10;)
                              local.get 4
                              i32.load8_u offset=4
                              i32.const 111
                              i32.ne
                              br_if 2 (;@10;)
                              local.get 4
                              i32.load8_u offset=5
                              i32.const 99
                              i32.ne
                              br_if 2 (;@10;)
                              local.get 4
                              i32.load8_u offset=6
                              i32.const 97
                              i32.ne
                              br_if 2 (;@10;)
                              local.get 4
                              i32.load8_u offset=7
                              i32.const 116
                              i32.ne
                              br_if 2 (;@10;)
                              local.get 4
                              i32.load8_u offset=8
                              i32.const 101
                              i32.ne
                              br_if 2 (;@10;)
                              block ;; label = @13
                                local.get 3
                                i32.const 9
                                i32.eq
                                br_if 0 (;@13;)
                                local.get 4
                                i32.load8_u offset=9
                                i32.const 63
                                i32.ne
                                br_if 3 (;@10;)
                              end
                              i32.const 16
                              memory.grow
                              i32.const -1
                              i32.ne
                              br_if 0 (;@12;)
                              br 11 (;@1;)
                            end
                          end
                          local.get 3
                          i32.const 6
                          i32.lt_u
                          br_if 3 (;@7;)
                          local.get 0
                          i32.load
                          local.tee 4
                          i32.load8_u
                          i32.const 47
                          i32.ne
                          br_if 1 (;@9;)
                        end
                        local.get 4
                        i32.load8_u offset=1
                        i32.const 116
                        i32.ne
                        br_if 0 (;@9;)
                        local.get 4
                        i32.load8_u offset=2
                        i32.const 119
                        i32.ne
                        br_if 0 (;@9;)
                        local.get 4
                        i32.load8_u offset=3
                        i32.const 105
                        i32.ne
                        br_if 0 (;@9;)
                        local.get 4
                        i32.load8_u offset=4
                        i32.const 99
                        i32.ne
                        br_if 0 (;@9;)
                        local.get 4
                        i32.load8_u offset=5
                        i32.const 101
                        i32.ne
                        br_if 0 (;@9;)
                        block ;; label = @10
                          local.get 3
                          i32.const 6
                          i32.eq
                          br_if 0 (;@10;)
                          local.get 4
                          i32.load8_u offset=6
                          i32.const 63
                          i32.ne
                          br_if 1 (;@9;)
                        end
                        local.get 1
                        i32.const 65770
                        call 29
                        local.get 1
                        i32.const 201
                        call 30
                        local.get 0
                        i32.load offset=4
                        local.set 3
                      end
                      local.get 3
                      i32.const 8
                      i32.lt_u
                      br_if 1 (;@7;)
                    end
                    local.get 0
                    i32.load
                    local.tee 4
                    i32.load8_u
                    i32.const 47
                    i32.ne
                    br_if 1 (;@6;)
                    local.get 4
                    i32.load8_u offset=1
                    i32.const 100
                    i32.ne
                    br_if 1 (;@6;)
                    local.get 4
                    i32.load8_u offset=2
                    i32.const 114
                    i32.ne
                    br_if 1 (;@6;)
                    local.get 4
                    i32.load8_u offset=3
                    i32.const 111
                    i32.ne
                    br_if 1 (;@6;)
                    local.get 4
                    i32.load8_u offset=4
                    i32.const 112
                    i32.ne
                    br_if 1 (;@6;)
                    local.get 4
                    i32.load8_u offset=5
                    i32.const 112
                    i32.ne
                    br_if 1 (;@6;)
                    local.get 4
                    i32.load8_u offset=6
                    i32.const 101
                    i32.ne
                    br_if 1 (;@6;)
                    local.get 4
                    i32.load8_u offset=7
                    i32.const 100
                    i32.ne
                    br_if 1 (;@6;)
                    block ;; label = @8
                      local.get 3
                      i32.const 8
                      i32.eq
                      br_if 0 (;@8;)
                      local.get 4
                      i32.load8_u offset=8
                      i32.const 63
                      i32.ne
                      br_if 2 (;@6;)
                    end
                    local.get 1
                    call 57
                    local.get 0
                    i32.load offset=4
                    local.set 3
                  end
                  local.get 3
                  i32.const 5
                  i32.lt_u
                  br_if 1 (;@5;)
                end
                block ;; label = @6
                  block ;; label = @7
                    local.get 0
                    i32.load
                    local.tee 4
                    i32.load8_u
                    i32.const 47
                    i32.ne
                    br_if 0 (;@7;)
                    local.get 4
                    i32.load8_u offset=1
                    i32.const 116
                    i32.ne
                    br_if 0 (;@7;)
                    local.get 4
                    i32.load8_u offset=2
                    i32.const 114
                    i32.ne
                    br_if 0 (;@7;)
                    local.get 4
                    i32.load8_u offset=3
                    i32.const 97
                    i32.ne
                    br_if 0 (;@7;)
                    local.get 4
                    i32.load8_u offset=4
                    i32.const 112
                    i32.ne
                    br_if 0 (;@7;)
                    local.get 3
                    i32.const 5
                    i32.eq
                    br_if 6 (;@1;)
                    local.get 0
                    i32.load
                    i32.load8_u offset=5
                    i32.const 63
                    i32.eq
                    br_if 6 (;@1;)
                    br 1 (;@6;)
                  end
                  i32.const 5
                  local.set 4
                  local.get 3
                  i32.const 6
                  i32.lt_u
                  br_if 2 (;@4;)
                end
                block ;; label = @6
                  local.get 0
                  i32.load
                  local.tee 4
                  i32.load8_u
                  i32.const 47
                  i32.eq
                  br_if 0 (;@6;)
                  local.get 3
                  local.set 4
                  br 2 (;@4;)
                end
                block ;; label = @6
                  local.get 4
                  i32.load8_u offset=1
                  i32.const 101
                  i32.eq
                  br_if 0 (;@6;)
                  local.get 3
                  local.set 4
                  br 2 (;@4;)
                end
                block ;; label = @6
                  local.get 4
                  i32.load8_u offset=2
                  i32.const 114
                  i32.eq
                  br_if 0 (;@6;)
                  local.get 3
                  local.set 4
                  br 2 (;@4;)
                end
                block ;; label = @6
                  local.get 4
                  i32.load8_u offset=3
                  i32.const 114
                  i32.eq
                  br_if 0 (;@6;)
                  local.get 3
                  local.set 4
                  br 2 (;@4;)
                end
                block ;; label = @6
                  local.get 4
                  i32.load8_u offset=4
                  i32.const 111
                  i32.eq
                  br_if 0 (;@6;)
                  local.get 3
                  local.set 4
                  br 2 (;@4;)
                end
                block ;; label = @6
                  local.get 4
                  i32.load8_u offset=5
                  i32.const 114
                  i32.eq
                  br_if 0 (;@6;)
                  local.get 3
                  local.set 4
                  br 2 (;@4;)
                end
                block ;; label = @6
                  local.get 3
                  i32.const 6
                  i32.eq
                  br_if 0 (;@6;)
                  local.get 3
                  local.set 4
                  local.get 0
                  i32.load
                  i32.load8_u offset=6
                  i32.const 63
                  i32.ne
                  br_if 2 (;@4;)
                end
                local.get 2
                i32.const 8
                i32.add
                local.tee 4
                i64.const 0
                i64.store
                local.get 2
                i32.const 32
                i32.add
                i64.const 0
                i64.store
                local.get 2
                i32.const 24
                i32.add
                i64.const 0
                i64.store
                local.get 2
                i32.const 16
                i32.add
                i64.const 0
                i64.store
                local.get 4
                i32.const 8
                i32.store8
                local.get 2
                i64.const 0
                i64.store
                local.get 2
                i32.const 1
                i32.store8
                local.get 1
                local.get 2
                call 75
                local.get 0
                i32.load offset=4
                local.set 3
              end
              local.get 3
              local.set 4
              local.get 3
              i32.const 4
              i32.lt_u
              br_if 1 (;@3;)
            end
            block ;; label = @4
              local.get 0
              i32.load
              local.tee 3
              i32.load8_u
              i32.const 47
              i32.ne
              br_if 0 (;@4;)
              local.get 3
              i32.load8_u offset=1
              i32.const 99
              i32.ne
              br_if 0 (;@4;)
              local.get 3
              i32.load8_u offset=2
              i32.const 117
              i32.ne
              br_if 0 (;@4;)
              local.get 3
              i32.load8_u offset=3
              i32.const 116
              i32.ne
              br_if 0 (;@4;)
              local.get 4
              i32.const 4
              i32.eq
              br_if 2 (;@2;)
              local.get 0
              i32.load
              i32.load8_u offset=4
              i32.const 63
              i32.eq
              br_if 2 (;@2;)
            end
            local.get 4
            i32.const 11
            i32.lt_u
            br_if 0 (;@3;)
            local.get 0
            i32.load
            local.tee 3
            i32.load8_u
            i32.const 47
            i32.ne
            br_if 0 (;@3;)
            local.get 3
            i32.load8_u offset=1
            i32.const 117
            i32.ne
            br_if 0 (;@3;)
            local.get 3
            i32.load8_u offset=2
            i32.const 110
            i32.ne
            br_if 0 (;@3;)
            local.get 3
            i32.load8_u offset=3
            i32.const 102
            i32.ne
            br_if 0 (;@3;)
            local.get 3
            i32.load8_u offset=4
            i32.const 105
            i32.ne
            br_if 0 (;@3;)
            local.get 3
            i32.load8_u offset=5
            i32.const 110
            i32.ne
            br_if 0 (;@3;)
            local.get 3
            i32.load8_u offset=6
            i32.const 105
            i32.ne
            br_if 0 (;@3;)
            local.get 3
            i32.load8_u offset=7
            i32.const 115
            i32.ne
            br_if 0 (;@3;)
            local.get 3
            i32.load8_u offset=8
            i32.const 104
            i32.ne
            br_if 0 (;@3;)
            local.get 3
            i32.load8_u offset=9
            i32.const 101
            i32.ne
            br_if 0 (;@3;)
            local.get 3
            i32.load8_u offset=10
            i32.const 100
            i32.ne
            br_if 0 (;@3;)
            block ;; label = @4
              local.get 4
              i32.const 11
              i32.eq
              br_if 0 (;@4;)
              local.get 0
              i32.load
              i32.load8_u offset=11
              i32.const 63
              i32.ne
              br_if 1 (;@3;)
            end
            local.get 1
            i32.const 200
            call 30
            i32.const 14
            local.set 4
            i32.const 65755
            local.set 0
            loop ;; label = @4
              local.get 4
              i32.eqz
              br_if 1 (;@3;)
              local.get 2
              local.get 4
              i32.const 4096
              local.get 4
              i32.const 4096
              i32.lt_u
              select
              i32.store offset=44
              local.get 2
              local.get 0
              i32.store offset=40
              i32.const 0
              i32.load offset=65828
              call 54
              local.get 2
              i32.const 40
              i32.add
              local.get 2
              call 65
              local.set 3
              local.get 4
              local.get 2
              i32.load offset=44
              local.tee 1
              i32.sub
              local.set 4
              local.get 0
              local.get 1
              i32.add
              local.set 0
              local.get 3
              br_if 0 (;@4;)
            end
          end
          local.get 2
          i32.const 48
          i32.add
          global.set 0
          return
        end
        local.get 1
        i32.const 200
        call 30
        i32.const 65755
        call 42
        i32.const 50
        call 34
        unreachable
      end
      unreachable
    )
    (func (;41;) (type 11) (param i32 i32 i32)
      (local i32 i32 i32 i32)
      global.get 0
      i32.const 16
      i32.sub
      local.tee 3
      global.set 0
      i32.const 0
      local.set 4
      loop ;; label = @1
        local.get 0
        local.get 4
        i32.add
        local.set 5
        local.get 4
        i32.const 1
        i32.add
        local.tee 6
        local.set 4
        local.get 5
        i32.load8_u
        br_if 0 (;@1;)
      end
      local.get 6
      i32.const -1
      i32.add
      local.set 4
      block ;; label = @1
        loop ;; label = @2
          local.get 4
          i32.eqz
          br_if 1 (;@1;)
          local.get 3
          local.get 4
          i32.const 4096
          local.get 4
          i32.const 4096
          i32.lt_u
          select
          i32.store offset=4
          local.get 3
          local.get 0
          i32.store
          i32.const 0
          i32.load offset=65828
          call 54
          local.get 3
          local.get 3
          i32.const 8
          i32.add
          call 65
          local.set 5
          local.get 4
          local.get 3
          i32.load offset=4
          local.tee 6
          i32.sub
          local.set 4
          local.get 0
          local.get 6
          i32.add
          local.set 0
          local.get 5
          br_if 0 (;@2;)
        end
      end
      block ;; label = @1
        local.get 1
        i32.eqz
        br_if 0 (;@1;)
        local.get 2
        i32.load offset=4
        local.set 4
        local.get 2
        i32.load
        local.set 0
        loop ;; label = @2
          local.get 4
          i32.eqz
          br_if 1 (;@1;)
          local.get 3
          local.get 4
          i32.const 4096
          local.get 4
          i32.const 4096
          i32.lt_u
          select
          i32.store offset=4
          local.get 3
          local.get 0
          i32.store
          i32.const 0
          i32.load offset=65828
          call 54
          local.get 3
          local.get 3
          i32.const 8
          i32.add
          call 65
          local.set 5
          local.get 4
          local.get 3
          i32.load offset=4
          local.tee 6
          i32.sub
          local.set 4
          local.get 0
          local.get 6
          i32.add
          local.set 0
          local.get 5
          br_if 0 (;@2;)
        end
      end
      i32.const 1
      local.set 4
      i32.const 65784
      local.set 0
      block ;; label = @1
        loop ;; label = @2
          local.get 4
          i32.eqz
          br_if 1 (;@1;)
          local.get 3
          local.get 4
          i32.const 4096
          local.get 4
          i32.const 4096
          i32.lt_u
          select
          i32.store offset=4
          local.get 3
          local.get 0
          i32.store
          i32.const 0
          i32.load offset=65828
          call 54
          local.get 3
          local.get 3
          i32.const 8
          i32.add
          call 65
          local.set 5
          local.get 4
          local.get 3
          i32.load offset=4
          local.tee 6
          i32.sub
          local.set 4
          local.get 0
          local.get 6
          i32.add
          local.set 0
          local.get 5
          br_if 0 (;@2;)
        end
      end
      local.get 3
      i32.const 16
      i32.add
      global.set 0
    )
    (func (;42;) (type 0) (param i32)
      (local i32 i32 i32 i32)
      global.get 0
      i32.const 16
      i32.sub
      local.tee 1
      global.set 0
      i32.const 0
      local.set 2
      loop ;; label = @1
        local.get 0
        local.get 2
        i32.add
        local.set 3
        local.get 2
        i32.const 1
        i32.add
        local.tee 4
        local.set 2
        local.get 3
        i32.load8_u
        br_if 0 (;@1;)
      end
      local.get 4
      i32.const -1
      i32.add
      local.set 2
      block ;; label = @1
        loop ;; label = @2
          local.get 2
          i32.eqz
          br_if 1 (;@1;)
          local.get 1
          local.get 2
          i32.const 4096
          local.get 2
          i32.const 4096
          i32.lt_u
          select
          i32.store offset=4
          local.get 1
          local.get 0
          i32.store
          i32.const 0
          i32.load offset=65828
          call 54
          local.get 1
          local.get 1
          i32.const 8
          i32.add
          call 65
          local.set 3
          local.get 2
          local.get 1
          i32.load offset=4
          local.tee 4
          i32.sub
          local.set 2
          local.get 0
          local.get 4
          i32.add
          local.set 0
          local.get 3
          br_if 0 (;@2;)
        end
      end
      local.get 1
      i32.const 16
      i32.add
      global.set 0
    )
    (func (;43;) (type 7) (param i32) (result i32)
      (local i32 i64 i32 i32 i32 i64)
      i32.const -1
      local.set 1
      i64.const -1
      local.set 2
      i32.const 69948
      local.set 3
      block ;; label = @1
        loop ;; label = @2
          local.get 3
          i32.const 4
          i32.add
          local.set 3
          local.get 2
          i64.const 1
          i64.add
          local.set 2
          i32.const 16
          local.get 1
          i32.const 1
          i32.add
          local.tee 1
          i32.shl
          local.set 4
          local.get 1
          i32.const 26
          i32.gt_u
          br_if 1 (;@1;)
          local.get 4
          local.get 0
          i32.lt_u
          br_if 0 (;@2;)
        end
      end
      i32.const 0
      local.set 5
      block ;; label = @1
        local.get 4
        local.get 0
        i32.lt_u
        br_if 0 (;@1;)
        block ;; label = @2
          local.get 3
          i32.load
          local.tee 4
          i32.eqz
          br_if 0 (;@2;)
          local.get 3
          local.get 4
          i32.load
          i32.store
          local.get 4
          return
        end
        i32.const 0
        local.set 5
        block ;; label = @2
          i32.const 0
          i32.load offset=70080
          local.tee 3
          br_if 0 (;@2;)
          i32.const 0
          i32.const 70096
          i32.const 15
          i32.add
          i32.const -16
          i32.and
          local.tee 3
          i32.store offset=70080
        end
        memory.size
        local.set 4
        i64.const 16
        local.get 2
        i64.shl
        local.get 3
        i64.extend_i32_u
        i64.add
        local.tee 2
        i64.const 16
        i64.add
        local.tee 6
        i64.const 4294967296
        i64.gt_u
        br_if 0 (;@1;)
        block ;; label = @2
          local.get 2
          i64.const 65551
          i64.add
          i64.const 16
          i64.shr_u
          local.tee 2
          local.get 4
          i64.extend_i32_u
          i64.le_u
          br_if 0 (;@2;)
          local.get 2
          i32.wrap_i64
          local.get 4
          i32.sub
          memory.grow
          i32.const -1
          i32.eq
          br_if 1 (;@1;)
          i32.const 0
          i32.load offset=70080
          local.set 3
        end
        i32.const 0
        local.get 6
        i64.store32 offset=70080
        local.get 3
        i32.const 8
        i32.add
        local.get 1
        i32.store
        local.get 3
        i32.const 16
        i32.add
        local.set 5
      end
      local.get 5
    )
    (func (;44;) (type 0) (param i32)
      (local i32)
      block ;; label = @1
        local.get 0
        i32.eqz
        br_if 0 (;@1;)
        local.get 0
        local.get 0
        i32.const -8
        i32.add
        i32.load
        i32.const 2
        i32.shl
        i32.const 69952
        i32.add
        local.tee 1
        i32.load
        i32.store
        local.get 1
        local.get 0
        i32.store
      end
    )
    (func (;45;) (type 9) (param i32 i32) (result i32)
      (local i32)
      block ;; label = @1
        local.get 0
        br_if 0 (;@1;)
        local.get 1
        call 43
        return
      end
      block ;; label = @1
        i32.const 16
        local.get 0
        i32.const -8
        i32.add
        i32.load
        i32.shl
        local.tee 2
        local.get 1
        i32.lt_u
        br_if 0 (;@1;)
        local.get 0
        return
      end
      block ;; label = @1
        local.get 1
        call 43
        local.tee 1
        br_if 0 (;@1;)
        i32.const 0
        return
      end
      local.get 1
      local.get 0
      local.get 2
      call 46
      local.set 1
      local.get 0
      call 44
      local.get 1
    )
    (func (;46;) (type 12) (param i32 i32 i32) (result i32)
      (local i32 i32)
      block ;; label = @1
        local.get 2
        i32.eqz
        br_if 0 (;@1;)
        local.get 2
        i32.const 3
        i32.and
        local.set 3
        i32.const 0
        local.set 4
        block ;; label = @2
          local.get 2
          i32.const 4
          i32.lt_u
          br_if 0 (;@2;)
          local.get 2
          i32.const -4
          i32.and
          local.set 2
          i32.const 0
          local.set 4
          loop ;; label = @3
            local.get 0
            local.get 4
            i32.add
            local.get 1
            local.get 4
            i32.add
            i32.load align=1
            i32.store align=1
            local.get 2
            local.get 4
            i32.const 4
            i32.add
            local.tee 4
            i32.ne
            br_if 0 (;@3;)
          end
        end
        local.get 3
        i32.eqz
        br_if 0 (;@1;)
        local.get 1
        local.get 4
        i32.add
        local.set 1
        local.get 0
        local.get 4
        i32.add
        local.set 4
        loop ;; label = @2
          local.get 4
          local.get 1
          i32.load8_u
          i32.store8
          local.get 1
          i32.const 1
          i32.add
          local.set 1
          local.get 4
          i32.const 1
          i32.add
          local.set 4
          local.get 3
          i32.const -1
          i32.add
          local.tee 3
          br_if 0 (;@2;)
        end
      end
      local.get 0
    )
    (func (;47;) (type 13) (param i32 i32 i32 i32) (result i32)
      block ;; label = @1
        local.get 3
        i32.eqz
        br_if 0 (;@1;)
        local.get 0
        local.get 3
        call 45
        local.tee 2
        br_if 0 (;@1;)
        unreachable
      end
      local.get 2
    )
    (func (;48;) (type 0) (param i32)
      local.get 0
      call 0
    )
    (func (;49;) (type 7) (param i32) (result i32)
      local.get 0
    )
    (func (;50;) (type 0) (param i32)
      block ;; label = @1
        local.get 0
        i32.load offset=4
        i32.eqz
        br_if 0 (;@1;)
        local.get 0
        i32.load
        call 44
      end
    )
    (func (;51;) (type 0) (param i32)
      local.get 0
      call 1
    )
    (func (;52;) (type 7) (param i32) (result i32)
      local.get 0
    )
    (func (;53;) (type 0) (param i32)
      local.get 0
      call 2
    )
    (func (;54;) (type 7) (param i32) (result i32)
      local.get 0
    )
    (func (;55;) (type 7) (param i32) (result i32)
      local.get 0
    )
    (func (;56;) (type 7) (param i32) (result i32)
      local.get 0
    )
    (func (;57;) (type 0) (param i32)
      local.get 0
      call 3
    )
    (func (;58;) (type 7) (param i32) (result i32)
      local.get 0
    )
    (func (;59;) (type 7) (param i32) (result i32)
      local.get 0
    )
    (func (;60;) (type 7) (param i32) (result i32)
      local.get 0
    )
    (func (;61;) (type 7) (param i32) (result i32)
      local.get 0
    )
    (func (;62;) (type 0) (param i32)
      local.get 0
      call 4
    )
    (func (;63;) (type 1) (param i64) (result i32)
      local.get 0
      call 5
    )
    (func (;64;) (type 14) (param i32 i64 i32 i32) (result i32)
      (local i32)
      global.get 0
      i32.const 16
      i32.sub
      local.tee 4
      global.set 0
      local.get 0
      local.get 1
      local.get 4
      i32.const 4
      i32.add
      call 6
      local.get 3
      local.get 2
      local.get 4
      i32.load8_u offset=4
      local.tee 0
      select
      local.get 4
      i64.load offset=8 align=4
      i64.store align=4
      local.get 4
      i32.const 16
      i32.add
      global.set 0
      local.get 0
      i32.const 1
      i32.xor
    )
    (func (;65;) (type 12) (param i32 i32 i32) (result i32)
      (local i32)
      global.get 0
      i32.const 16
      i32.sub
      local.tee 3
      global.set 0
      local.get 0
      local.get 1
      i32.load
      local.get 1
      i32.load offset=4
      local.get 3
      i32.const 4
      i32.add
      call 7
      block ;; label = @1
        local.get 3
        i32.load8_u offset=4
        local.tee 1
        i32.const 1
        i32.ne
        br_if 0 (;@1;)
        local.get 2
        local.get 3
        i64.load offset=8 align=4
        i64.store align=4
      end
      local.get 3
      i32.const 16
      i32.add
      global.set 0
      local.get 1
      i32.const 1
      i32.xor
    )
    (func (;66;) (type 4) (result i32)
      call 8
    )
    (func (;67;) (type 13) (param i32 i32 i32 i32) (result i32)
      (local i32)
      global.get 0
      i32.const 16
      i32.sub
      local.tee 4
      global.set 0
      local.get 0
      local.get 1
      i32.load
      local.get 1
      i32.load offset=4
      local.get 2
      i32.load
      local.get 2
      i32.load offset=4
      local.get 4
      i32.const 14
      i32.add
      call 9
      block ;; label = @1
        local.get 4
        i32.load8_u offset=14
        local.tee 2
        i32.const 1
        i32.ne
        br_if 0 (;@1;)
        local.get 3
        local.get 4
        i32.load8_u offset=15
        i32.store8
      end
      local.get 4
      i32.const 16
      i32.add
      global.set 0
      local.get 2
      i32.const 1
      i32.xor
    )
    (func (;68;) (type 6) (param i32 i32)
      local.get 0
      local.get 1
      call 10
    )
    (func (;69;) (type 6) (param i32 i32)
      local.get 0
      local.get 1
      call 11
    )
    (func (;70;) (type 9) (param i32 i32) (result i32)
      (local i32)
      global.get 0
      i32.const 16
      i32.sub
      local.tee 2
      global.set 0
      local.get 0
      local.get 2
      i32.const 4
      i32.add
      call 12
      block ;; label = @1
        local.get 2
        i32.load8_u offset=4
        local.tee 0
        i32.const 1
        i32.ne
        br_if 0 (;@1;)
        local.get 1
        local.get 2
        i64.load offset=8 align=4
        i64.store align=4
      end
      local.get 2
      i32.const 16
      i32.add
      global.set 0
      local.get 0
    )
    (func (;71;) (type 9) (param i32 i32) (result i32)
      (local i32)
      global.get 0
      i32.const 16
      i32.sub
      local.tee 2
      global.set 0
      local.get 0
      local.get 2
      call 13
      block ;; label = @1
        local.get 2
        i32.load8_u
        local.tee 0
        i32.const 1
        i32.ne
        br_if 0 (;@1;)
        local.get 1
        local.get 2
        i64.load offset=4 align=4
        i64.store align=4
        local.get 1
        i32.const 8
        i32.add
        local.get 2
        i32.const 12
        i32.add
        i32.load
        i32.store
      end
      local.get 2
      i32.const 16
      i32.add
      global.set 0
      local.get 0
    )
    (func (;72;) (type 9) (param i32 i32) (result i32)
      (local i32)
      global.get 0
      i32.const 16
      i32.sub
      local.tee 2
      global.set 0
      local.get 0
      local.get 2
      i32.const 4
      i32.add
      call 14
      block ;; label = @1
        local.get 2
        i32.load8_u offset=4
        local.tee 0
        i32.const 1
        i32.ne
        br_if 0 (;@1;)
        local.get 1
        local.get 2
        i64.load offset=8 align=4
        i64.store align=4
      end
      local.get 2
      i32.const 16
      i32.add
      global.set 0
      local.get 0
    )
    (func (;73;) (type 7) (param i32) (result i32)
      local.get 0
      call 15
    )
    (func (;74;) (type 9) (param i32 i32) (result i32)
      (local i32)
      global.get 0
      i32.const 16
      i32.sub
      local.tee 2
      global.set 0
      local.get 0
      local.get 2
      i32.const 8
      i32.add
      call 16
      block ;; label = @1
        local.get 2
        i32.load8_u offset=8
        local.tee 0
        br_if 0 (;@1;)
        local.get 1
        local.get 2
        i32.load offset=12
        i32.store
      end
      local.get 2
      i32.const 16
      i32.add
      global.set 0
      local.get 0
      i32.const 1
      i32.xor
    )
    (func (;75;) (type 6) (param i32 i32)
      (local i32 i32 i64 i32 i32 i32 i32 i32 i32)
      block ;; label = @1
        block ;; label = @2
          block ;; label = @3
            block ;; label = @4
              local.get 1
              i32.load8_u
              local.tee 2
              br_if 0 (;@4;)
              local.get 1
              i32.load offset=8
              local.set 3
              i64.const 0
              local.set 4
              i32.const 0
              local.set 5
              i32.const 0
              local.set 6
              i32.const 0
              local.set 7
              br 1 (;@3;)
            end
            i32.const 0
            local.set 7
            i64.const 0
            local.set 4
            i32.const 0
            local.set 5
            i32.const 0
            local.set 6
            i32.const 0
            local.set 8
            i32.const 0
            local.set 9
            block ;; label = @4
              block ;; label = @5
                block ;; label = @6
                  block ;; label = @7
                    block ;; label = @8
                      block ;; label = @9
                        block ;; label = @10
                          block ;; label = @11
                            block ;; label = @12
                              block ;; label = @13
                                block ;; label = @14
                                  block ;; label = @15
                                    block ;; label = @16
                                      block ;; label = @17
                                        block ;; label = @18
                                          block ;; label = @19
                                            block ;; label = @20
                                              block ;; label = @21
                                                block ;; label = @22
                                                  local.get 1
                                                  i32.load8_u offset=8
                                                  local.tee 3
                                                  i32.const -1
                                                  i32.add
                                                  br_table 0 (;@22;) 21 (;@1;) 21 (;@1;) 21 (;@1;) 21 (;@1;) 21 (;@1;) 21 (;@1;) 21 (;@1;) 21 (;@1;) 21 (;@1;) 21 (;@1;) 21 (;@1;) 21 (;@1;) 1 (;@21;) 21 (;@1;) 21 (;@1;) 2 (;@20;) 21 (;@1;) 21 (;@1;) 21 (;@1;) 3 (;@19;) 4 (;@18;) 5 (;@17;) 6 (;@16;) 21 (;@1;) 7 (;@15;) 8 (;@14;) 9 (;@13;) 10 (;@12;) 11 (;@11;) 12 (;@10;) 13 (;@9;) 21 (;@1;) 21 (;@1;) 21 (;@1;) 21 (;@1;) 21 (;@1;) 14 (;@8;) 21 (;@1;)
                                                end
                                                i32.const 0
                                                local.set 8
                                                i64.const 0
                                                local.set 4
                                                i32.const 0
                                                local.set 6
                                                block ;; label = @22
                                                  local.get 1
                                                  i32.load8_u offset=16
                                                  local.tee 5
                                                  i32.const 1
                                                  i32.ne
                                                  br_if 0 (;@22;)
                                                  local.get 1
                                                  i64.load32_u offset=20
                                                  local.set 4
                                                  local.get 1
                                                  i32.load offset=24
                                                  local.set 6
                                                end
                                                local.get 1
                                                i32.load8_u offset=28
                                                local.tee 7
                                                i32.const 1
                                                i32.ne
                                                br_if 19 (;@2;)
                                                local.get 1
                                                i32.load16_u offset=30
                                                local.set 8
                                                br 19 (;@2;)
                                              end
                                              i64.const 0
                                              local.set 4
                                              block ;; label = @21
                                                local.get 1
                                                i32.load8_u offset=16
                                                local.tee 5
                                                i32.const 1
                                                i32.ne
                                                br_if 0 (;@21;)
                                                local.get 1
                                                i64.load8_u offset=17
                                                local.set 4
                                              end
                                              i32.const 0
                                              local.set 9
                                              i32.const 0
                                              local.set 7
                                              i32.const 0
                                              local.set 8
                                              local.get 1
                                              i32.load8_u offset=20
                                              local.tee 6
                                              i32.const 1
                                              i32.ne
                                              br_if 19 (;@1;)
                                              local.get 0
                                              local.get 2
                                              local.get 3
                                              local.get 5
                                              local.get 4
                                              local.get 6
                                              local.get 1
                                              i32.load offset=24
                                              local.get 1
                                              i32.load offset=28
                                              i32.const 0
                                              call 17
                                              return
                                            end
                                            local.get 1
                                            i32.load8_u offset=16
                                            local.tee 5
                                            i32.const 1
                                            i32.ne
                                            br_if 15 (;@4;)
                                            br 14 (;@5;)
                                          end
                                          local.get 1
                                          i32.load8_u offset=16
                                          local.tee 5
                                          i32.const 1
                                          i32.ne
                                          br_if 14 (;@4;)
                                          br 12 (;@6;)
                                        end
                                        local.get 1
                                        i32.load8_u offset=16
                                        local.tee 5
                                        i32.const 1
                                        i32.ne
                                        br_if 13 (;@4;)
                                        i32.const 0
                                        local.set 6
                                        i32.const 0
                                        local.set 8
                                        i32.const 0
                                        local.set 9
                                        block ;; label = @18
                                          local.get 1
                                          i32.load8_u offset=20
                                          local.tee 7
                                          i32.const 1
                                          i32.ne
                                          br_if 0 (;@18;)
                                          local.get 1
                                          i32.load offset=28
                                          local.set 9
                                          local.get 1
                                          i32.load offset=24
                                          local.set 8
                                        end
                                        block ;; label = @18
                                          local.get 1
                                          i32.load8_u offset=32
                                          local.tee 10
                                          i32.const 1
                                          i32.ne
                                          br_if 0 (;@18;)
                                          local.get 1
                                          i32.load offset=36
                                          local.set 6
                                        end
                                        local.get 0
                                        local.get 2
                                        local.get 3
                                        local.get 5
                                        local.get 7
                                        i64.extend_i32_u
                                        local.get 8
                                        local.get 9
                                        local.get 10
                                        local.get 6
                                        call 17
                                        return
                                      end
                                      local.get 1
                                      i32.load8_u offset=16
                                      local.tee 5
                                      i32.const 1
                                      i32.eq
                                      br_if 10 (;@6;)
                                      br 12 (;@4;)
                                    end
                                    i32.const 0
                                    local.set 8
                                    i64.const 0
                                    local.set 4
                                    i32.const 0
                                    local.set 6
                                    block ;; label = @16
                                      local.get 1
                                      i32.load8_u offset=16
                                      local.tee 5
                                      i32.const 1
                                      i32.ne
                                      br_if 0 (;@16;)
                                      local.get 1
                                      i64.load32_u offset=20
                                      local.set 4
                                      local.get 1
                                      i32.load offset=24
                                      local.set 6
                                    end
                                    local.get 1
                                    i32.load8_u offset=28
                                    local.tee 7
                                    i32.const 1
                                    i32.ne
                                    br_if 13 (;@2;)
                                    local.get 1
                                    i32.load offset=32
                                    local.set 8
                                    br 13 (;@2;)
                                  end
                                  local.get 1
                                  i32.load8_u offset=16
                                  local.tee 5
                                  i32.const 1
                                  i32.eq
                                  br_if 8 (;@6;)
                                  br 10 (;@4;)
                                end
                                i32.const 0
                                local.set 8
                                i64.const 0
                                local.set 4
                                i32.const 0
                                local.set 6
                                block ;; label = @14
                                  local.get 1
                                  i32.load8_u offset=16
                                  local.tee 5
                                  i32.const 1
                                  i32.ne
                                  br_if 0 (;@14;)
                                  local.get 1
                                  i64.load32_u offset=20
                                  local.set 4
                                  local.get 1
                                  i32.load offset=24
                                  local.set 6
                                end
                                local.get 1
                                i32.load8_u offset=28
                                local.tee 7
                                i32.const 1
                                i32.ne
                                br_if 11 (;@2;)
                                local.get 1
                                i32.load offset=32
                                local.set 8
                                br 11 (;@2;)
                              end
                              local.get 1
                              i32.load8_u offset=16
                              local.tee 5
                              i32.const 1
                              i32.eq
                              br_if 7 (;@5;)
                              br 8 (;@4;)
                            end
                            local.get 1
                            i32.load8_u offset=16
                            local.tee 5
                            i32.const 1
                            i32.eq
                            br_if 5 (;@6;)
                            br 7 (;@4;)
                          end
                          i32.const 0
                          local.set 8
                          i64.const 0
                          local.set 4
                          i32.const 0
                          local.set 6
                          block ;; label = @11
                            local.get 1
                            i32.load8_u offset=16
                            local.tee 5
                            i32.const 1
                            i32.ne
                            br_if 0 (;@11;)
                            local.get 1
                            i64.load32_u offset=20
                            local.set 4
                            local.get 1
                            i32.load offset=24
                            local.set 6
                          end
                          local.get 1
                          i32.load8_u offset=28
                          local.tee 7
                          i32.const 1
                          i32.ne
                          br_if 8 (;@2;)
                          local.get 1
                          i32.load offset=32
                          local.set 8
                          br 8 (;@2;)
                        end
                        local.get 1
                        i32.load8_u offset=16
                        local.tee 5
                        i32.const 1
                        i32.ne
                        br_if 5 (;@4;)
                        br 2 (;@7;)
                      end
                      local.get 1
                      i32.load8_u offset=16
                      local.tee 5
                      i32.const 1
                      i32.eq
                      br_if 1 (;@7;)
                      br 4 (;@4;)
                    end
                    local.get 1
                    i32.load8_u offset=16
                    local.tee 5
                    i32.const 1
                    i32.ne
                    br_if 3 (;@4;)
                  end
                  local.get 1
                  i64.load32_u offset=20
                  local.set 4
                  local.get 1
                  i32.load offset=24
                  local.set 6
                  br 3 (;@3;)
                end
                local.get 1
                i64.load32_u offset=20
                local.set 4
                br 1 (;@4;)
              end
              local.get 1
              i64.load offset=24
              local.set 4
            end
            i32.const 0
            local.set 6
          end
          i32.const 0
          local.set 8
        end
        i32.const 0
        local.set 9
      end
      local.get 0
      local.get 2
      local.get 3
      local.get 5
      local.get 4
      local.get 6
      local.get 7
      local.get 8
      local.get 9
      call 17
    )
    (func (;76;) (type 9) (param i32 i32) (result i32)
      (local i32)
      global.get 0
      i32.const 16
      i32.sub
      local.tee 2
      global.set 0
      local.get 0
      local.get 2
      i32.const 8
      i32.add
      call 18
      block ;; label = @1
        local.get 2
        i32.load8_u offset=8
        local.tee 0
        br_if 0 (;@1;)
        local.get 1
        local.get 2
        i32.load offset=12
        i32.store
      end
      local.get 2
      i32.const 16
      i32.add
      global.set 0
      local.get 0
      i32.const 1
      i32.xor
    )
    (func (;77;) (type 7) (param i32) (result i32)
      local.get 0
      call 19
    )
    (func (;78;) (type 7) (param i32) (result i32)
      local.get 0
      call 20
    )
    (func (;79;) (type 9) (param i32 i32) (result i32)
      (local i32)
      global.get 0
      i32.const 64
      i32.sub
      local.tee 2
      global.set 0
      local.get 0
      local.get 2
      i32.const 8
      i32.add
      call 21
      block ;; label = @1
        local.get 2
        i32.load8_u offset=8
        local.tee 0
        i32.const 1
        i32.ne
        br_if 0 (;@1;)
        local.get 1
        local.get 2
        i64.load offset=16
        i64.store
        local.get 1
        i32.const 40
        i32.add
        local.get 2
        i32.const 56
        i32.add
        i64.load
        i64.store
        local.get 1
        i32.const 32
        i32.add
        local.get 2
        i32.const 8
        i32.add
        i32.const 40
        i32.add
        i64.load
        i64.store
        local.get 1
        i32.const 24
        i32.add
        local.get 2
        i32.const 8
        i32.add
        i32.const 32
        i32.add
        i64.load
        i64.store
        local.get 1
        i32.const 16
        i32.add
        local.get 2
        i32.const 8
        i32.add
        i32.const 24
        i32.add
        i64.load
        i64.store
        local.get 1
        i32.const 8
        i32.add
        local.get 2
        i32.const 8
        i32.add
        i32.const 16
        i32.add
        i64.load
        i64.store
      end
      local.get 2
      i32.const 64
      i32.add
      global.set 0
      local.get 0
    )
    (func (;80;) (type 7) (param i32) (result i32)
      local.get 0
      call 22
    )
    (func (;81;) (type 9) (param i32 i32) (result i32)
      local.get 0
      local.get 1
      call 23
      i32.eqz
    )
    (func (;82;) (type 9) (param i32 i32) (result i32)
      (local i32)
      global.get 0
      i32.const 16
      i32.sub
      local.tee 2
      global.set 0
      local.get 0
      local.get 2
      i32.const 8
      i32.add
      call 24
      block ;; label = @1
        local.get 2
        i32.load8_u offset=8
        local.tee 0
        br_if 0 (;@1;)
        local.get 1
        local.get 2
        i32.load offset=12
        i32.store
      end
      local.get 2
      i32.const 16
      i32.add
      global.set 0
      local.get 0
      i32.const 1
      i32.xor
    )
    (func (;83;) (type 9) (param i32 i32) (result i32)
      (local i32)
      global.get 0
      i32.const 16
      i32.sub
      local.tee 2
      global.set 0
      local.get 0
      local.get 2
      i32.const 8
      i32.add
      call 25
      block ;; label = @1
        local.get 2
        i32.load8_u offset=8
        local.tee 0
        br_if 0 (;@1;)
        local.get 1
        local.get 2
        i32.load offset=12
        i32.store
      end
      local.get 2
      i32.const 16
      i32.add
      global.set 0
      local.get 0
      i32.const 1
      i32.xor
    )
    (func (;84;) (type 12) (param i32 i32 i32) (result i32)
      (local i32 i32)
      global.get 0
      i32.const 48
      i32.sub
      local.tee 3
      global.set 0
      i32.const 0
      local.set 4
      block ;; label = @1
        local.get 1
        i32.eqz
        br_if 0 (;@1;)
        local.get 1
        i32.load
        local.set 4
      end
      local.get 0
      local.get 1
      i32.const 0
      i32.ne
      local.get 4
      local.get 3
      i32.const 8
      i32.add
      call 26
      block ;; label = @1
        local.get 3
        i32.load8_u offset=8
        local.tee 1
        i32.const 1
        i32.ne
        br_if 0 (;@1;)
        local.get 2
        local.get 3
        i64.load offset=16
        i64.store
        local.get 2
        i32.const 24
        i32.add
        local.get 3
        i32.const 40
        i32.add
        i64.load
        i64.store
        local.get 2
        i32.const 16
        i32.add
        local.get 3
        i32.const 8
        i32.add
        i32.const 24
        i32.add
        i64.load
        i64.store
        local.get 2
        i32.const 8
        i32.add
        local.get 3
        i32.const 8
        i32.add
        i32.const 16
        i32.add
        i64.load
        i64.store
      end
      local.get 3
      i32.const 48
      i32.add
      global.set 0
      local.get 1
      i32.const 1
      i32.xor
    )
    (func (;85;) (type 6) (param i32 i32)
      local.get 0
      local.get 1
      call 28
    )
    (func (;86;) (type 10)
      call 27
    )
    (data (;0;) (i32.const 65536) "/memory\00/slow\00/count\00/trailers\00/after\00/sleep\00hello\00/spin\00text/plain\00/length\00Content-Length\00/nothing\00Content-Type\00/head\00=\00authority \00path \00method \00trailers follow\0a\00slept\0a\00\0ascheme https\0a\00\0ascheme http\0a\00hello\0a\00grown\0a\00spun\0a\00the beginning\0a\00once\0a\00answered\0a\00")
  )
  (core module (;1;)
    (type (;0;) (func (param i32 i64 i32)))
    (type (;1;) (func (param i32 i32 i32 i32)))
    (type (;2;) (func (param i32 i32 i32 i32 i32 i32)))
    (type (;3;) (func (param i32 i32)))
    (type (;4;) (func (param i32 i32 i32 i32 i64 i32 i32 i32 i32)))
    (table (;0;) 15 15 funcref)
    (export "0" (func 0))
    (export "1" (func 1))
    (export "2" (func 2))
    (export "3" (func 3))
    (export "4" (func 4))
    (export "5" (func 5))
    (export "6" (func 6))
    (export "7" (func 7))
    (export "8" (func 8))
    (export "9" (func 9))
    (export "10" (func 10))
    (export "11" (func 11))
    (export "12" (func 12))
    (export "13" (func 13))
    (export "14" (func 14))
    (export "$imports" (table 0))
    (func (;0;) (type 0) (param i32 i64 i32)
      local.get 0
      local.get 1
      local.get 2
      i32.const 0
      call_indirect (type 0)
    )
    (func (;1;) (type 1) (param i32 i32 i32 i32)
      local.get 0
      local.get 1
      local.get 2
      local.get 3
      i32.const 1
      call_indirect (type 1)
    )
    (func (;2;) (type 2) (param i32 i32 i32 i32 i32 i32)
      local.get 0
      local.get 1
      local.get 2
      local.get 3
      local.get 4
      local.get 5
      i32.const 2
      call_indirect (type 2)
    )
    (func (;3;) (type 3) (param i32 i32)
      local.get 0
      local.get 1
      i32.const 3
      call_indirect (type 3)
    )
    (func (;4;) (type 3) (param i32 i32)
      local.get 0
      local.get 1
      i32.const 4
      call_indirect (type 3)
    )
    (func (;5;) (type 3) (param i32 i32)
      local.get 0
      local.get 1
      i32.const 5
      call_indirect (type 3)
    )
    (func (;6;) (type 3) (param i32 i32)
      local.get 0
      local.get 1
      i32.const 6
      call_indirect (type 3)
    )
    (func (;7;) (type 3) (param i32 i32)
      local.get 0
      local.get 1
      i32.const 7
      call_indirect (type 3)
    )
    (func (;8;) (type 3) (param i32 i32)
      local.get 0
      local.get 1
      i32.const 8
      call_indirect (type 3)
    )
    (func (;9;) (type 4) (param i32 i32 i32 i32 i64 i32 i32 i32 i32)
      local.get 0
      local.get 1
      local.get 2
      local.get 3
      local.get 4
      local.get 5
      local.get 6
      local.get 7
      local.get 8
      i32.const 9
      call_indirect (type 4)
    )
    (func (;10;) (type 3) (param i32 i32)
      local.get 0
      local.get 1
      i32.const 10
      call_indirect (type 3)
    )
    (func (;11;) (type 3) (param i32 i32)
      local.get 0
      local.get 1
      i32.const 11
      call_indirect (type 3)
    )
    (func (;12;) (type 3) (param i32 i32)
      local.get 0
      local.get 1
      i32.const 12
      call_indirect (type 3)
    )
    (func (;13;) (type 3) (param i32 i32)
      local.get 0
      local.get 1
      i32.const 13
      call_indirect (type 3)
    )
    (func (;14;) (type 1) (param i32 i32 i32 i32)
      local.get 0
      local.get 1
      local.get 2
      local.get 3
      i32.const 14
      call_indirect (type 1)
    )
  )
  (core instance (;0;) (instantiate 1))
  (core func (;0;) (canon resource.drop 1))
  (core func (;1;) (canon resource.drop 6))
  (core func (;2;) (canon resource.drop 7))
  (alias export 4 "response-outparam" (type (;9;)))
  (core func (;3;) (canon resource.drop 9))
  (alias export 0 "[method]pollable.block" (func (;0;)))
  (core func (;4;) (canon lower (func 0)))
  (alias export 1 "subscribe-duration" (func (;1;)))
  (core func (;5;) (canon lower (func 1)))
  (alias core export 0 "0" (core func (;6;)))
  (alias core export 0 "1" (core func (;7;)))
  (alias export 4 "[constructor]fields" (func (;2;)))
  (core func (;8;) (canon lower (func 2)))
  (alias core export 0 "2" (core func (;9;)))
  (alias core export 0 "3" (core func (;10;)))
  (alias core export 0 "4" (core func (;11;)))
  (alias core export 0 "5" (core func (;12;)))
  (alias core export 0 "6" (core func (;13;)))
  (alias core export 0 "7" (core func (;14;)))
  (alias export 4 "[method]incoming-request.headers" (func (;3;)))
  (core func (;15;) (canon lower (func 3)))
  (alias core export 0 "8" (core func (;16;)))
  (alias core export 0 "9" (core func (;17;)))
  (alias core export 0 "10" (core func (;18;)))
  (alias export 4 "[static]incoming-body.finish" (func (;4;)))
  (core func (;19;) (canon lower (func 4)))
  (alias export 4 "[method]future-trailers.subscribe" (func (;5;)))
  (core func (;20;) (canon lower (func 5)))
  (alias core export 0 "11" (core func (;21;)))
  (alias export 4 "[constructor]outgoing-response" (func (;6;)))
  (core func (;22;) (canon lower (func 6)))
  (alias export 4 "[method]outgoing-response.set-status-code" (func (;7;)))
  (core func (;23;) (canon lower (func 7)))
  (alias core export 0 "12" (core func (;24;)))
  (alias core export 0 "13" (core func (;25;)))
  (alias core export 0 "14" (core func (;26;)))
  (core instance (;1;)
    (export "[resource-drop]pollable" (func 0))
    (export "[method]pollable.block" (func 4))
  )
  (core instance (;2;)
    (export "[resource-drop]input-stream" (func 1))
    (export "[resource-drop]output-stream" (func 2))
    (export "[method]input-stream.blocking-read" (func 6))
    (export "[method]output-stream.blocking-write-and-flush" (func 7))
  )
  (core instance (;3;)
    (export "[resource-drop]response-outparam" (func 3))
    (export "[constructor]fields" (func 8))
    (export "[method]fields.append" (func 9))
    (export "[method]fields.entries" (func 10))
    (export "[method]incoming-request.method" (func 11))
    (export "[method]incoming-request.path-with-query" (func 12))
    (export "[method]incoming-request.scheme" (func 13))
    (export "[method]incoming-request.authority" (func 14))
    (export "[method]incoming-request.headers" (func 15))
    (export "[method]incoming-request.consume" (func 16))
    (export "[static]response-outparam.set" (func 17))
    (export "[method]incoming-body.stream" (func 18))
    (export "[static]incoming-body.finish" (func 19))
    (export "[method]future-trailers.subscribe" (func 20))
    (export "[method]future-trailers.get" (func 21))
    (export "[constructor]outgoing-response" (func 22))
    (export "[method]outgoing-response.set-status-code" (func 23))
    (export "[method]outgoing-response.body" (func 24))
    (export "[method]outgoing-body.write" (func 25))
    (export "[static]outgoing-body.finish" (func 26))
  )
  (core instance (;4;)
    (export "subscribe-duration" (func 5))
  )
  (core instance (;5;) (instantiate 0
      (with "wasi:io/poll@0.2.12" (instance 1))
      (with "wasi:io/streams@0.2.12" (instance 2))
      (with "wasi:http/types@0.2.12" (instance 3))
      (with "wasi:clocks/monotonic-clock@0.2.12" (instance 4))
    )
  )
  (core module (;2;)
    (type (;0;) (func (param i32 i64 i32)))
    (type (;1;) (func (param i32 i32 i32 i32)))
    (type (;2;) (func (param i32 i32 i32 i32 i32 i32)))
    (type (;3;) (func (param i32 i32)))
    (type (;4;) (func (param i32 i32 i32 i32 i64 i32 i32 i32 i32)))
    (type (;5;) (func))
    (import "" "0" (func (;0;) (type 0)))
    (import "" "1" (func (;1;) (type 1)))
    (import "" "2" (func (;2;) (type 2)))
    (import "" "3" (func (;3;) (type 3)))
    (import "" "4" (func (;4;) (type 3)))
    (import "" "5" (func (;5;) (type 3)))
    (import "" "6" (func (;6;) (type 3)))
    (import "" "7" (func (;7;) (type 3)))
    (import "" "8" (func (;8;) (type 3)))
    (import "" "9" (func (;9;) (type 4)))
    (import "" "10" (func (;10;) (type 3)))
    (import "" "11" (func (;11;) (type 3)))
    (import "" "12" (func (;12;) (type 3)))
    (import "" "13" (func (;13;) (type 3)))
    (import "" "14" (func (;14;) (type 1)))
    (import "" "_initialize" (func (;15;) (type 5)))
    (import "" "$imports" (table (;0;) 15 15 funcref))
    (start 15)
    (elem (;0;) (i32.const 0) func 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14)
  )
  (alias export 3 "[method]input-stream.blocking-read" (func (;8;)))
  (alias core export 5 "memory" (core memory (;0;)))
  (alias core export 5 "cabi_realloc" (core func (;27;)))
  (core func (;28;) (canon lower (func 8) (memory 0) (realloc 27)))
  (alias export 3 "[method]output-stream.blocking-write-and-flush" (func (;9;)))
  (core func (;29;) (canon lower (func 9) (memory 0)))
  (alias export 4 "[method]fields.append" (func (;10;)))
  (core func (;30;) (canon lower (func 10) (memory 0) string-encoding=utf8))
  (alias export 4 "[method]fields.entries" (func (;11;)))
  (core func (;31;) (canon lower (func 11) (memory 0) (realloc 27) string-encoding=utf8))
  (alias export 4 "[method]incoming-request.method" (func (;12;)))
  (core func (;32;) (canon lower (func 12) (memory 0) (realloc 27) string-encoding=utf8))
  (alias export 4 "[method]incoming-request.path-with-query" (func (;13;)))
  (core func (;33;) (canon lower (func 13) (memory 0) (realloc 27) string-encoding=utf8))
  (alias export 4 "[method]incoming-request.scheme" (func (;14;)))
  (core func (;34;) (canon lower (func 14) (memory 0) (realloc 27) string-encoding=utf8))
  (alias export 4 "[method]incoming-request.authority" (func (;15;)))
  (core func (;35;) (canon lower (func 15) (memory 0) (realloc 27) string-encoding=utf8))
  (alias export 4 "[method]incoming-request.consume" (func (;16;)))
  (core func (;36;) (canon lower (func 16) (memory 0)))
  (alias export 4 "[static]response-outparam.set" (func (;17;)))
  (core func (;37;) (canon lower (func 17) (memory 0) string-encoding=utf8))
  (alias export 4 "[method]incoming-body.stream" (func (;18;)))
  (core func (;38;) (canon lower (func 18) (memory 0)))
  (alias export 4 "[method]future-trailers.get" (func (;19;)))
  (core func (;39;) (canon lower (func 19) (memory 0) (realloc 27) string-encoding=utf8))
  (alias export 4 "[method]outgoing-response.body" (func (;20;)))
  (core func (;40;) (canon lower (func 20) (memory 0)))
  (alias export 4 "[method]outgoing-body.write" (func (;21;)))
  (core func (;41;) (canon lower (func 21) (memory 0)))
  (alias export 4 "[static]outgoing-body.finish" (func (;22;)))
  (core func (;42;) (canon lower (func 22) (memory 0) (realloc 27) string-encoding=utf8))
  (alias core export 0 "$imports" (core table (;0;)))
  (alias core export 5 "_initialize" (core func (;43;)))
  (core instance (;6;)
    (export "0" (func 28))
    (export "1" (func 29))
    (export "2" (func 30))
    (export "3" (func 31))
    (export "4" (func 32))
    (export "5" (func 33))
    (export "6" (func 34))
    (export "7" (func 35))
    (export "8" (func 36))
    (export "9" (func 37))
    (export "10" (func 38))
    (export "11" (func 39))
    (export "12" (func 40))
    (export "13" (func 41))
    (export "14" (func 42))
    (export "$imports" (table 0))
    (export "_initialize" (func 43))
  )
  (core instance (;7;) (instantiate 2
      (with "" (instance 6))
    )
  )
  (alias export 4 "incoming-request" (type (;10;)))
  (type (;11;) (own 10))
  (type (;12;) (own 9))
  (type (;13;) (func (param "request" 11) (param "response-out" 12)))
  (alias core export 5 "wasi:http/incoming-handler@0.2.12#handle" (core func (;44;)))
  (func (;23;) (type 13) (canon lift (core func 44)))
  (component (;0;)
    (import "import-type-incoming-request" (type (;0;) (sub resource)))
    (import "import-type-response-outparam" (type (;1;) (sub resource)))
    (import "import-type-incoming-request0" (type (;2;) (eq 0)))
    (type (;3;) (own 2))
    (import "import-type-response-outparam0" (type (;4;) (eq 1)))
    (type (;5;) (own 4))
    (type (;6;) (func (param "request" 3) (param "response-out" 5)))
    (import "import-func-handle" (func (;0;) (type 6)))
    (export (;7;) "incoming-request" (type 0))
    (export (;8;) "response-outparam" (type 1))
    (type (;9;) (own 7))
    (type (;10;) (own 8))
    (type (;11;) (func (param "request" 9) (param "response-out" 10)))
    (export (;1;) "handle" (func 0) (func (type 11)))
  )
  (instance (;5;) (instantiate 0
      (with "import-func-handle" (func 23))
      (with "import-type-incoming-request" (type 10))
      (with "import-type-response-outparam" (type 9))
      (with "import-type-incoming-request0" (type 10))
      (with "import-type-response-outparam0" (type 9))
    )
  )
  (export (;6;) "wasi:http/incoming-handler@0.2.12" (instance 5))
)
