/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What has to trap: the argument names it. Such a case is one run, whose status says that it
 * trapped; what comes after the call would tell that it did not.
 */
#include "check.h"

#define HUGE 0xffffffffffffffffull

static io_output_stream file_output(void) {
    fs_descriptor d = open_file("file", CREATE, READ | WRITE);
    return MUST(fs_descriptor_write_via_stream(fs_descriptor_borrow(d), 0));
}

static wit_list_u8 bytes(size_t n) { return (wit_list_u8){WIT_NEW(uint8_t, n), n}; }

/* poll: "This function traps if ... the list is empty" */
static void poll_of_nothing(void) { (void)poll_poll((poll_list_pollable_ref){NULL, 0}); }

/* write: "Precondition: check-write gave permit of Ok(n) and contents has a length of less than or
 * equal to n. Otherwise, this function will trap." */
static void write_without_permit(void) {
    io_output_stream out = file_output();
    (void)io_output_stream_write(io_output_stream_borrow(out), bytes(1));
}
static void write_more_than_permitted(void) {
    io_output_stream out = file_output();
    uint64_t n = MUST(io_output_stream_check_write(io_output_stream_borrow(out)));
    (void)io_output_stream_write(io_output_stream_borrow(out), bytes(n + 1));
}
static void write_zeroes_without_permit(void) {
    io_output_stream out = file_output();
    (void)io_output_stream_write_zeroes(io_output_stream_borrow(out), 1);
}
static void write_zeroes_more_than_permitted(void) {
    io_output_stream out = file_output();
    uint64_t n = MUST(io_output_stream_check_write(io_output_stream_borrow(out)));
    (void)io_output_stream_write_zeroes(io_output_stream_borrow(out), n + 1);
}
static void write_zeroes_of_everything(void) {
    io_output_stream out = file_output();
    (void)io_output_stream_check_write(io_output_stream_borrow(out));
    (void)io_output_stream_write_zeroes(io_output_stream_borrow(out), HUGE);
}
static void write_permitted_once(void) {
    io_output_stream out = file_output();
    uint64_t n = MUST(io_output_stream_check_write(io_output_stream_borrow(out)));
    (void)io_output_stream_write(io_output_stream_borrow(out), bytes(n));
    (void)io_output_stream_write(io_output_stream_borrow(out), bytes(n));
}
/* "Perform a write of up to 4096 bytes"; equal to check-write and write, whose excess traps */
static void blocking_write_of_4097(void) {
    io_output_stream out = file_output();
    (void)io_output_stream_blocking_write_and_flush(io_output_stream_borrow(out), bytes(4097));
}
static void blocking_write_zeroes_of_4097(void) {
    io_output_stream out = file_output();
    (void)io_output_stream_blocking_write_zeroes_and_flush(io_output_stream_borrow(out), 4097);
}

static udp_udp_socket bound_udp(void) {
    udp_udp_socket s = MUST(udp_new_create_udp_socket(NET_IP_ADDRESS_FAMILY_IPV4));
    net_network n = net_instance_instance_network();
    net_ip_socket_address any =
        net_ip_socket_address_ipv4((net_ipv4_socket_address){.port = 0, .address = {127, 0, 0, 1}});
    MUST_VOID(udp_udp_socket_start_bind(udp_udp_socket_borrow(s), net_network_borrow(n), &any));
    while (udp_udp_socket_finish_bind(udp_udp_socket_borrow(s)).is_err)
        ready_within(udp_udp_socket_subscribe(udp_udp_socket_borrow(s)), 100);
    return s;
}
/* send: "Implementations must trap if either `check-send` was not called or `datagrams` contains
 * more items than `check-send` permitted." */
static void send(bool checks) {
    udp_udp_socket s = bound_udp();
    __auto_type streams = MUST(udp_udp_socket_stream(udp_udp_socket_borrow(s), NULL));
    udp_outgoing_datagram_stream_ref out = udp_outgoing_datagram_stream_borrow(streams.f1);
    uint64_t n = checks ? MUST(udp_outgoing_datagram_stream_check_send(out)) + 1 : 1;
    udp_outgoing_datagram *all = WIT_NEW(udp_outgoing_datagram, n);
    for (uint64_t i = 0; i < n; i++)
        all[i] = (udp_outgoing_datagram){
            .data = bytes_of("x"),
            .remote_address = net_option_ip_socket_address_some(net_ip_socket_address_ipv4(
                (net_ipv4_socket_address){.port = 9, .address = {127, 0, 0, 1}}))};
    (void)udp_outgoing_datagram_stream_send(out, (udp_list_outgoing_datagram){all, n});
}
static void send_without_check(void) { send(false); }
static void send_more_than_permitted(void) { send(true); }

/* Handles, by the component model: lifting one that is not in the table traps. */
static void handle_of_nothing(void) {
    poll_pollable_ref none = {.handle = 1000};
    (void)poll_pollable_ready(none);
}
static void handle_zero(void) {
    poll_pollable_ref none = {.handle = 0};
    (void)poll_pollable_ready(none);
}
static void handle_after_drop(void) {
    poll_pollable p = mono_subscribe_duration(0);
    poll_pollable_ref r = poll_pollable_borrow(p);
    poll_pollable_drop(p);
    (void)poll_pollable_ready(r);
}
static void handle_dropped_twice(void) {
    poll_pollable p = mono_subscribe_duration(0);
    poll_pollable again = p;
    poll_pollable_drop(p);
    poll_pollable_drop(again);
}
static void handle_of_another_type(void) {
    io_output_stream out = file_output();
    poll_pollable_ref wrong = {.handle = out.handle};
    (void)poll_pollable_ready(wrong);
}
static void handle_negative(void) {
    poll_pollable_ref none = {.handle = -1};
    (void)poll_pollable_ready(none);
}
static void poll_with_a_wrong_handle(void) {
    poll_pollable p = mono_subscribe_duration(0);
    poll_pollable_ref both[] = {poll_pollable_borrow(p), {.handle = 999}};
    (void)poll_poll((poll_list_pollable_ref){both, 2});
}
static void list_out_of_memory_bounds(void) {
    io_output_stream out = file_output();
    (void)io_output_stream_check_write(io_output_stream_borrow(out));
    (void)io_output_stream_write(io_output_stream_borrow(out),
                                 (wit_list_u8){(const uint8_t *)0xfffffff0u, 4096});
}
static void list_that_wraps(void) {
    io_output_stream out = file_output();
    (void)io_output_stream_check_write(io_output_stream_borrow(out));
    (void)io_output_stream_write(io_output_stream_borrow(out),
                                 (wit_list_u8){(const uint8_t *)16, 0xffffffffu});
}
static void string_that_is_no_utf_8(void) {
    wit_string s = {"\xff\xfe", 2};
    (void)fs_descriptor_stat_at(root(), 0, s);
}
static void string_with_a_surrogate(void) {
    wit_string s = {"\xed\xa0\x80", 3};
    (void)fs_descriptor_stat_at(root(), 0, s);
}
static void string_cut_off(void) {
    wit_string s = {"\xe2\x82", 2};
    (void)fs_descriptor_stat_at(root(), 0, s);
}
static void string_out_of_bounds(void) {
    wit_string s = {(const char *)0xffffff00u, 10};
    (void)fs_descriptor_stat_at(root(), 0, s);
}
static void enum_out_of_range(void) { (void)fs_descriptor_advise(root(), 0, 0, (fs_advice)6); }
static void unreachable(void) { __builtin_trap(); }

#define CASE(f) {#f, f}
static const struct {
    const char *name;
    void (*act)(void);
} traps[] = {
    CASE(poll_of_nothing),
    CASE(write_without_permit),
    CASE(write_more_than_permitted),
    CASE(write_zeroes_without_permit),
    CASE(write_zeroes_more_than_permitted),
    CASE(write_zeroes_of_everything),
    CASE(write_permitted_once),
    CASE(blocking_write_of_4097),
    CASE(blocking_write_zeroes_of_4097),
    CASE(send_without_check),
    CASE(send_more_than_permitted),
    CASE(handle_of_nothing),
    CASE(handle_zero),
    CASE(handle_after_drop),
    CASE(handle_dropped_twice),
    CASE(handle_of_another_type),
    CASE(handle_negative),
    CASE(poll_with_a_wrong_handle),
    CASE(list_out_of_memory_bounds),
    CASE(list_that_wraps),
    CASE(string_that_is_no_utf_8),
    CASE(string_with_a_surrogate),
    CASE(string_cut_off),
    CASE(string_out_of_bounds),
    CASE(enum_out_of_range),
    CASE(unreachable),
};

void cases(void) {
    wit_string what = argument();
    for (size_t i = 0; i < sizeof traps / sizeof *traps; i++)
        if (text_is(what, traps[i].name)) {
            traps[i].act();
            check(false, "%s: it goes on", traps[i].name);
        }
}
