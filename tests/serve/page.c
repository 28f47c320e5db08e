/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A handler that answers with a file of its folder, 404 where there is none, and then writes over it what it can. */
#include "page.h"

static bool open_file(page_string_t path, unsigned flags,
                      wasi_filesystem_types_own_descriptor_t *file) {
    wasi_filesystem_preopens_list_tuple2_own_descriptor_string_t folders;
    wasi_filesystem_types_error_code_t error;
    wasi_filesystem_preopens_get_directories(&folders);
    return folders.len && wasi_filesystem_types_method_descriptor_open_at(
                              wasi_filesystem_types_borrow_descriptor(folders.ptr[0].f0), 0, &path,
                              0, (wasi_filesystem_types_descriptor_flags_t)flags, file, &error);
}

static bool read_file(page_string_t path, page_tuple2_list_u8_bool_t *text) {
    wasi_filesystem_types_own_descriptor_t file;
    wasi_filesystem_types_error_code_t error;
    return open_file(path, WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_READ, &file) &&
           wasi_filesystem_types_method_descriptor_read(
               wasi_filesystem_types_borrow_descriptor(file), 1000, 0, text, &error);
}

static void change_file(page_string_t path) {
    page_list_u8_t text = {(uint8_t *)"changed", 7};
    wasi_filesystem_types_own_descriptor_t file;
    wasi_filesystem_types_error_code_t error;
    wasi_filesystem_types_filesize_t n;
    if (open_file(path, WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_WRITE, &file))
        wasi_filesystem_types_method_descriptor_write(wasi_filesystem_types_borrow_descriptor(file),
                                                      &text, 0, &n, &error);
}

static void answer(exports_wasi_http_incoming_handler_own_response_outparam_t out, unsigned status,
                   page_list_u8_t text) {
    wasi_http_types_result_own_outgoing_response_error_code_t result = {.is_err = false};
    wasi_http_types_own_outgoing_body_t body;
    wasi_io_streams_own_output_stream_t to;
    wasi_io_streams_stream_error_t broken;
    wasi_http_types_error_code_t error;
    result.val.ok =
        wasi_http_types_constructor_outgoing_response(wasi_http_types_constructor_fields());
    wasi_http_types_borrow_outgoing_response_t r =
        wasi_http_types_borrow_outgoing_response(result.val.ok);
    wasi_http_types_method_outgoing_response_set_status_code(r, (uint16_t)status);
    wasi_http_types_method_outgoing_response_body(r, &body);
    wasi_http_types_static_response_outparam_set(out, &result);
    wasi_http_types_method_outgoing_body_write(wasi_http_types_borrow_outgoing_body(body), &to);
    wasi_io_streams_method_output_stream_blocking_write_and_flush(
        wasi_io_streams_borrow_output_stream(to), &text, &broken);
    wasi_io_streams_output_stream_drop_own(to);
    wasi_http_types_static_outgoing_body_finish(body, NULL, &error);
}

void exports_wasi_http_incoming_handler_handle(
    exports_wasi_http_incoming_handler_own_incoming_request_t request,
    exports_wasi_http_incoming_handler_own_response_outparam_t out) {
    page_string_t path = {0};
    page_tuple2_list_u8_bool_t text = {0};
    wasi_http_types_method_incoming_request_path_with_query(
        wasi_http_types_borrow_incoming_request(request), &path);
    path.ptr++, path.len--; /* relative to the folder */
    bool is_there = read_file(path, &text);
    change_file(path);
    answer(out, is_there ? 200 : 404, text.f0);
}
