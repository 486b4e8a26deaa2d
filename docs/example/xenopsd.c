/* org.xen.xcp.xenopsd: runs the VMs of the host. In C, with sd-bus (libsystemd). */

#define _GNU_SOURCE
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#define INTERFACE "org.xen.xcp.xenopsd"
#define PATH "/org/xen/xcp/xenopsd"
#define MIN_MEMORY_KIB ((uint64_t) 512 * 1024)
#define MAX_MEMORY_KIB ((uint64_t) 1024 * 1024)

/* dom0 is the only domain at the beginning. */
struct host {
    uint32_t next_domid;
};

/* Writes one step of the example to standard error. */
__attribute__((format(printf, 1, 2))) static void log_step(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%-10s", "xenopsd:");
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

/* Calls another service of the example, wherever it runs. What it fails with is in error, to be passed on as it is. */
static int call(sd_bus *bus, const char *service, const char *member, sd_bus_error *error, sd_bus_message **reply, const char *types, ...)
{
    char name[64], path[64];
    snprintf(name, sizeof name, "org.xen.xcp.%s", service);
    snprintf(path, sizeof path, "/org/xen/xcp/%s", service);
    va_list arguments;
    va_start(arguments, types);
    int result = sd_bus_call_methodv(bus, name, path, name, member, error, reply, types, arguments);
    va_end(arguments);
    return result;
}

/* Returns how much memory the domain has now, in KiB, or a negative errno. */
static int64_t give_memory(sd_bus *bus, uint32_t domid, sd_bus_error *error)
{
    sd_bus_message *reserved = NULL;
    uint64_t amount_kib;
    const char *reservation;
    int result = call(bus, "squeezed", "reserve_memory_range", error, &reserved, "tt", MIN_MEMORY_KIB, MAX_MEMORY_KIB);
    if (result >= 0) {
        result = sd_bus_message_read(reserved, "ts", &amount_kib, &reservation);
    }
    if (result >= 0) {
        result = call(bus, "squeezed", "transfer_reservation_to_domain", error, NULL, "su", reservation, domid);
    }
    sd_bus_message_unref(reserved);
    return result < 0 ? result : (int64_t) amount_kib;
}

static int start(sd_bus *bus, const char *id, uint32_t domid, sd_bus_error *error)
{
    char disk[256];
    snprintf(disk, sizeof disk, "%s-root", id);
    int result = call(bus, "storage", "VDI_attach", error, NULL, "su", disk, domid);
    if (result < 0) {
        return result;
    }

    int64_t amount_kib = give_memory(bus, domid, error);
    if (amount_kib < 0) {
        /* The caller hears why there is no domain; that the disk could not be given back either would not help it. */
        call(bus, "storage", "VDI_detach", NULL, NULL, "s", disk);
        return (int) amount_kib;
    }

    log_step("VM_start(%s) -> domain %" PRIu32 " with %" PRId64 " KiB", id, domid, amount_kib);
    return 0;
}

/* While it waits for another service, further calls wait in its connection: it needs no threads. */
static int vm_start(sd_bus_message *request, void *data, sd_bus_error *error)
{
    struct host *host = data;
    const char *id;
    int result = sd_bus_message_read(request, "s", &id);
    if (result < 0) {
        return result;
    }

    log_step("VM_start(%s)", id);
    result = start(sd_bus_message_get_bus(request), id, host->next_domid, error);
    return result < 0 ? result : sd_bus_reply_method_return(request, "u", host->next_domid++);
}

/* UNPRIVILEGED: who may call is the policy's business; else sd-bus asks for CAP_SYS_ADMIN. */
static const sd_bus_vtable members[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD_WITH_ARGS("VM_start", SD_BUS_ARGS("s", id), SD_BUS_RESULT("u", domid), vm_start, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

static void must(int result, const char *what)
{
    if (result < 0) {
        log_step("%s: %s", what, strerror(-result));
        exit(1);
    }
}

int main(void)
{
    struct host host = { .next_domid = 1 };
    sd_bus *bus;
    must(sd_bus_open(&bus), "the bus at DBUS_STARTER_ADDRESS");
    must(sd_bus_add_object_vtable(bus, NULL, PATH, INTERFACE, members, &host), PATH);
    must(sd_bus_request_name(bus, INTERFACE, 0), INTERFACE);
    for (;;) {
        int handled = sd_bus_process(bus, NULL);
        must(handled, "the bus");
        if (handled == 0) {
            must(sd_bus_wait(bus, UINT64_MAX), "the bus");
        }
    }
}
