/* org.xen.xcp.Matrix1 with libdbus, the reference library: the service and the client. */

#include <dbus/dbus.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INTERFACE "org.xen.xcp.Matrix1"
#define PATH "/org/xen/xcp/matrix"
#define LARGE (16 * 1024 * 1024)

/* The values of the interface file, as describe() writes them. */
#define BASIC                                                                                                       \
    "255 true -32768 65535 -2147483648 4294967295 -9223372036854775807 18446744073709551615 -0.015625 'text ä 🐊' " \
    "/org/xen/xcp/o a{sv}"
#define CONTAINERS                                                                                             \
    "[0 1 255] ['' 'b'] [] [{'number' <7>} {'list' <['x' 'y']>}] (-1 ('in' (0.5 <'deep'>))) [{'1' ('one' [/a /b])}] " \
    "[(/a [{'i' [{'p' <true>}]}])] <<5>>"
#define DICT "[{1 'one'} {4294967295 'last'}]"

static void expect(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "failed: %s\n", what);
        exit(1);
    }
}

static void print_basic(int type, DBusBasicValue value, FILE *out)
{
    switch (type) {
    case DBUS_TYPE_BYTE: fprintf(out, "%u", value.byt); break;
    case DBUS_TYPE_BOOLEAN: fprintf(out, "%s", value.bool_val ? "true" : "false"); break;
    case DBUS_TYPE_INT16: fprintf(out, "%d", value.i16); break;
    case DBUS_TYPE_UINT16: fprintf(out, "%u", value.u16); break;
    case DBUS_TYPE_INT32: fprintf(out, "%d", value.i32); break;
    case DBUS_TYPE_UINT32: fprintf(out, "%u", value.u32); break;
    case DBUS_TYPE_INT64: fprintf(out, "%lld", (long long) value.i64); break;
    case DBUS_TYPE_UINT64: fprintf(out, "%llu", (unsigned long long) value.u64); break;
    case DBUS_TYPE_DOUBLE: fprintf(out, "%.17g", value.dbl); break;
    case DBUS_TYPE_STRING: fprintf(out, "'%s'", value.str); break;
    default: fprintf(out, "%s", value.str); break;
    }
}

static void print_values(DBusMessageIter *values, FILE *out)
{
    const char *separator = "";
    for (int type; (type = dbus_message_iter_get_arg_type(values)) != DBUS_TYPE_INVALID; dbus_message_iter_next(values)) {
        fputs(separator, out);
        separator = " ";
        if (dbus_type_is_container(type)) {
            const char *brackets =
                type == DBUS_TYPE_ARRAY ? "[]" : type == DBUS_TYPE_STRUCT ? "()" : type == DBUS_TYPE_VARIANT ? "<>" : "{}";
            DBusMessageIter inner;
            dbus_message_iter_recurse(values, &inner);
            fputc(brackets[0], out);
            print_values(&inner, out);
            fputc(brackets[1], out);
        } else {
            DBusBasicValue value;
            dbus_message_iter_get_basic(values, &value);
            print_basic(type, value, out);
        }
    }
}

static char *text_of(DBusMessage *message)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    DBusMessageIter iter;
    dbus_message_iter_init(message, &iter);
    print_values(&iter, out);
    fclose(out);
    return text;
}

/* Whether a message has this signature and these values. */
static bool is(DBusMessage *message, const char *signature, const char *values)
{
    char *text = text_of(message);
    bool same = dbus_message_has_signature(message, signature) && strcmp(text, values) == 0;
    free(text);
    return same;
}

/* The same; says what it has when it has others. */
static bool holds(DBusMessage *message, const char *signature, const char *values)
{
    if (is(message, signature, values)) {
        return true;
    }
    fprintf(stderr, "%s %s\nnot %s %s\n", dbus_message_get_signature(message), text_of(message), signature, values);
    return false;
}

static void append_basic(DBusMessage *message)
{
    unsigned char y = 255;
    dbus_bool_t b = TRUE;
    dbus_int16_t n = -32768;
    dbus_uint16_t q = 65535;
    dbus_int32_t i = -2147483647 - 1;
    dbus_uint32_t u = 4294967295;
    dbus_int64_t x = -9223372036854775807;
    dbus_uint64_t t = 18446744073709551615u;
    double d = -0.015625;
    const char *s = "text ä 🐊", *o = "/org/xen/xcp/o", *g = "a{sv}";
    dbus_message_append_args(message, DBUS_TYPE_BYTE, &y, DBUS_TYPE_BOOLEAN, &b, DBUS_TYPE_INT16, &n, DBUS_TYPE_UINT16, &q,
        DBUS_TYPE_INT32, &i, DBUS_TYPE_UINT32, &u, DBUS_TYPE_INT64, &x, DBUS_TYPE_UINT64, &t, DBUS_TYPE_DOUBLE, &d,
        DBUS_TYPE_STRING, &s, DBUS_TYPE_OBJECT_PATH, &o, DBUS_TYPE_SIGNATURE, &g, DBUS_TYPE_INVALID);
}

static void append_variant(DBusMessageIter *to, int type, const void *value)
{
    char signature[] = { (char) type, 0 };
    DBusMessageIter variant;
    dbus_message_iter_open_container(to, DBUS_TYPE_VARIANT, signature, &variant);
    dbus_message_iter_append_basic(&variant, type, value);
    dbus_message_iter_close_container(to, &variant);
}

/* A dict entry whose value is a variant with a basic value. */
static void append_entry(DBusMessageIter *dict, const char *key, int type, const void *value)
{
    DBusMessageIter entry;
    dbus_message_iter_open_container(dict, DBUS_TYPE_DICT_ENTRY, NULL, &entry);
    dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &key);
    append_variant(&entry, type, value);
    dbus_message_iter_close_container(dict, &entry);
}

static void append_strings(DBusMessageIter *to, int type, const char *first, const char *second)
{
    char signature[] = { (char) type, 0 };
    DBusMessageIter array;
    dbus_message_iter_open_container(to, DBUS_TYPE_ARRAY, signature, &array);
    dbus_message_iter_append_basic(&array, type, &first);
    dbus_message_iter_append_basic(&array, type, &second);
    dbus_message_iter_close_container(to, &array);
}

static void append_containers(DBusMessage *message)
{
    DBusMessageIter iter, a, b, c, d;
    const unsigned char bytes[] = { 0, 1, 255 }, *pointer = bytes;
    const char *text;
    dbus_message_iter_init_append(message, &iter);

    dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "y", &a);
    dbus_message_iter_append_fixed_array(&a, DBUS_TYPE_BYTE, &pointer, 3);
    dbus_message_iter_close_container(&iter, &a);

    append_strings(&iter, DBUS_TYPE_STRING, "", "b");

    dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "t", &a);
    dbus_message_iter_close_container(&iter, &a);

    dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "{sv}", &a);
    append_entry(&a, "number", DBUS_TYPE_UINT32, &(dbus_uint32_t) { 7 });
    dbus_message_iter_open_container(&a, DBUS_TYPE_DICT_ENTRY, NULL, &b);
    text = "list";
    dbus_message_iter_append_basic(&b, DBUS_TYPE_STRING, &text);
    dbus_message_iter_open_container(&b, DBUS_TYPE_VARIANT, "as", &c);
    append_strings(&c, DBUS_TYPE_STRING, "x", "y");
    dbus_message_iter_close_container(&b, &c);
    dbus_message_iter_close_container(&a, &b);
    dbus_message_iter_close_container(&iter, &a);

    dbus_message_iter_open_container(&iter, DBUS_TYPE_STRUCT, NULL, &a);
    dbus_message_iter_append_basic(&a, DBUS_TYPE_INT32, &(dbus_int32_t) { -1 });
    dbus_message_iter_open_container(&a, DBUS_TYPE_STRUCT, NULL, &b);
    text = "in";
    dbus_message_iter_append_basic(&b, DBUS_TYPE_STRING, &text);
    dbus_message_iter_open_container(&b, DBUS_TYPE_STRUCT, NULL, &c);
    dbus_message_iter_append_basic(&c, DBUS_TYPE_DOUBLE, &(double) { 0.5 });
    text = "deep";
    append_variant(&c, DBUS_TYPE_STRING, &text);
    dbus_message_iter_close_container(&b, &c);
    dbus_message_iter_close_container(&a, &b);
    dbus_message_iter_close_container(&iter, &a);

    dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "{s(sao)}", &a);
    dbus_message_iter_open_container(&a, DBUS_TYPE_DICT_ENTRY, NULL, &b);
    text = "1";
    dbus_message_iter_append_basic(&b, DBUS_TYPE_STRING, &text);
    dbus_message_iter_open_container(&b, DBUS_TYPE_STRUCT, NULL, &c);
    text = "one";
    dbus_message_iter_append_basic(&c, DBUS_TYPE_STRING, &text);
    append_strings(&c, DBUS_TYPE_OBJECT_PATH, "/a", "/b");
    dbus_message_iter_close_container(&b, &c);
    dbus_message_iter_close_container(&a, &b);
    dbus_message_iter_close_container(&iter, &a);

    dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "(oa{sa{sv}})", &a);
    dbus_message_iter_open_container(&a, DBUS_TYPE_STRUCT, NULL, &b);
    text = "/a";
    dbus_message_iter_append_basic(&b, DBUS_TYPE_OBJECT_PATH, &text);
    dbus_message_iter_open_container(&b, DBUS_TYPE_ARRAY, "{sa{sv}}", &c);
    dbus_message_iter_open_container(&c, DBUS_TYPE_DICT_ENTRY, NULL, &d);
    text = "i";
    dbus_message_iter_append_basic(&d, DBUS_TYPE_STRING, &text);
    DBusMessageIter properties;
    dbus_message_iter_open_container(&d, DBUS_TYPE_ARRAY, "{sv}", &properties);
    append_entry(&properties, "p", DBUS_TYPE_BOOLEAN, &(dbus_bool_t) { TRUE });
    dbus_message_iter_close_container(&d, &properties);
    dbus_message_iter_close_container(&c, &d);
    dbus_message_iter_close_container(&b, &c);
    dbus_message_iter_close_container(&a, &b);
    dbus_message_iter_close_container(&iter, &a);

    dbus_message_iter_open_container(&iter, DBUS_TYPE_VARIANT, "v", &a);
    append_variant(&a, DBUS_TYPE_INT32, &(dbus_int32_t) { 5 });
    dbus_message_iter_close_container(&iter, &a);
}

#define CONTAINERS_SIGNATURE "ayasata{sv}(i(s(dv)))a{s(sao)}a(oa{sa{sv}})v"

static void append_dict(DBusMessage *message)
{
    static const struct {
        dbus_uint32_t key;
        const char *value;
    } entries[] = { { 1, "one" }, { 4294967295, "last" } };
    DBusMessageIter iter, dict, entry;
    dbus_message_iter_init_append(message, &iter);
    dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "{us}", &dict);
    for (int n = 0; n < 2; n++) {
        dbus_message_iter_open_container(&dict, DBUS_TYPE_DICT_ENTRY, NULL, &entry);
        dbus_message_iter_append_basic(&entry, DBUS_TYPE_UINT32, &entries[n].key);
        dbus_message_iter_append_basic(&entry, DBUS_TYPE_STRING, &entries[n].value);
        dbus_message_iter_close_container(&dict, &entry);
    }
    dbus_message_iter_close_container(&iter, &dict);
}

/* A private connection, so that one program can have several. */
static DBusConnection *connect_to_bus(void)
{
    DBusError error = DBUS_ERROR_INIT;
    DBusConnection *connection = dbus_bus_get_private(DBUS_BUS_STARTER, &error);
    expect(connection != NULL, error.message);
    return connection;
}

static char *read_to_end(int fd)
{
    char *text = calloc(1, 65536);
    size_t length = 0;
    for (ssize_t n; (n = read(fd, text + length, 65535 - length)) > 0;) {
        length += (size_t) n;
    }
    close(fd);
    return text;
}

static int pipe_with(const char *text)
{
    int ends[2];
    expect(pipe(ends) == 0 && write(ends[1], text, strlen(text)) == (ssize_t) strlen(text), "pipe");
    close(ends[1]);
    return ends[0];
}

/* The service. */

static char *property_text;

static void emit(DBusConnection *connection, const char *text)
{
    DBusMessage *signal = dbus_message_new_signal(PATH, INTERFACE, "Emitted");
    DBusMessageIter iter, details;
    dbus_message_iter_init_append(signal, &iter);
    dbus_message_iter_append_basic(&iter, DBUS_TYPE_STRING, &text);
    dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "{sv}", &details);
    append_entry(&details, "text", DBUS_TYPE_STRING, &text);
    append_entry(&details, "length", DBUS_TYPE_UINT32, &(dbus_uint32_t) { (dbus_uint32_t) strlen(text) });
    dbus_message_iter_close_container(&iter, &details);
    dbus_connection_send(connection, signal, NULL);
    dbus_message_unref(signal);
}

static DBusMessage *set(DBusConnection *connection, DBusMessage *call)
{
    DBusMessageIter iter, value;
    const char *name, *interface = INTERFACE, *text;
    dbus_message_iter_init(call, &iter);
    dbus_message_iter_next(&iter);
    dbus_message_iter_get_basic(&iter, &name);
    if (strcmp(name, "Text") != 0) {
        return dbus_message_new_error(call, DBUS_ERROR_PROPERTY_READ_ONLY, name);
    }

    dbus_message_iter_next(&iter);
    dbus_message_iter_recurse(&iter, &value);
    dbus_message_iter_get_basic(&value, &text);
    free(property_text);
    property_text = strdup(text);

    DBusMessage *signal = dbus_message_new_signal(PATH, DBUS_INTERFACE_PROPERTIES, "PropertiesChanged");
    dbus_message_iter_init_append(signal, &iter);
    dbus_message_iter_append_basic(&iter, DBUS_TYPE_STRING, &interface);
    dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "{sv}", &value);
    append_entry(&value, "Text", DBUS_TYPE_STRING, &property_text);
    dbus_message_iter_close_container(&iter, &value);
    dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "s", &value);
    dbus_message_iter_close_container(&iter, &value);
    dbus_connection_send(connection, signal, NULL);
    dbus_message_unref(signal);
    return dbus_message_new_method_return(call);
}

static DBusMessage *get(DBusMessage *call)
{
    const char *interface, *name;
    DBusMessageIter iter;
    dbus_message_get_args(call, NULL, DBUS_TYPE_STRING, &interface, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID);
    DBusMessage *reply = dbus_message_new_method_return(call);
    dbus_message_iter_init_append(reply, &iter);
    if (strcmp(name, "Text") == 0) {
        append_variant(&iter, DBUS_TYPE_STRING, &property_text);
    } else {
        append_variant(&iter, DBUS_TYPE_UINT32, &(dbus_uint32_t) { 7 });
    }
    return reply;
}

static DBusMessage *get_all(DBusMessage *call)
{
    DBusMessageIter iter, all;
    DBusMessage *reply = dbus_message_new_method_return(call);
    dbus_message_iter_init_append(reply, &iter);
    dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "{sv}", &all);
    append_entry(&all, "Text", DBUS_TYPE_STRING, &property_text);
    append_entry(&all, "Number", DBUS_TYPE_UINT32, &(dbus_uint32_t) { 7 });
    dbus_message_iter_close_container(&iter, &all);
    return reply;
}

/* libdbus describes no object by itself: the interface file, and the interface of properties. */
static DBusMessage *introspect(DBusMessage *call)
{
    static const char properties[] = "<interface name='" DBUS_INTERFACE_PROPERTIES "'>"
        "<method name='Get'><arg type='s' direction='in'/><arg type='s' direction='in'/><arg type='v' direction='out'/></method>"
        "<method name='Set'><arg type='s' direction='in'/><arg type='s' direction='in'/><arg type='v' direction='in'/></method>"
        "<method name='GetAll'><arg type='s' direction='in'/><arg type='a{sv}' direction='out'/></method>"
        "<signal name='PropertiesChanged'><arg type='s'/><arg type='a{sv}'/><arg type='as'/></signal></interface></node>";
    DBusMessage *reply = dbus_message_new_method_return(call);
    FILE *file = fopen(getenv("MATRIX_INTERFACE"), "r");
    expect(file != NULL, "MATRIX_INTERFACE names the interface file");
    char *xml = read_to_end(dup(fileno(file)));
    fclose(file);
    strcpy(strstr(xml, "</node>"), properties);
    dbus_message_append_args(reply, DBUS_TYPE_STRING, &xml, DBUS_TYPE_INVALID);
    free(xml);
    return reply;
}

static DBusMessage *answer(DBusConnection *connection, DBusMessage *call)
{
    const char *member = dbus_message_get_member(call), *text = NULL;
    if (dbus_message_is_method_call(call, DBUS_INTERFACE_INTROSPECTABLE, "Introspect")) {
        return introspect(call);
    }
    if (dbus_message_has_interface(call, DBUS_INTERFACE_PROPERTIES)) {
        return dbus_message_is_method_call(call, DBUS_INTERFACE_PROPERTIES, "Set") && dbus_message_has_signature(call, "ssv")
            ? set(connection, call)
            : dbus_message_is_method_call(call, DBUS_INTERFACE_PROPERTIES, "Get") && dbus_message_has_signature(call, "ss")
            ? get(call)
            : dbus_message_is_method_call(call, DBUS_INTERFACE_PROPERTIES, "GetAll") && dbus_message_has_signature(call, "s")
            ? get_all(call)
            : dbus_message_new_error(call, DBUS_ERROR_INVALID_ARGS, member);
    }

    DBusMessage *reply = dbus_message_new_method_return(call);
    if (strcmp(member, "Basic") == 0 && holds(call, "ybnqiuxtdsog", BASIC)) {
        append_basic(reply);
    } else if (strcmp(member, "Containers") == 0 && holds(call, CONTAINERS_SIGNATURE, CONTAINERS)) {
        append_containers(reply);
    } else if (strcmp(member, "Dict") == 0 && holds(call, "a{us}", DICT)) {
        append_dict(reply);
    } else if (strcmp(member, "Leave") == 0) {
        exit(0);
    } else if (strcmp(member, "Read") == 0) {
        int fd;
        expect(dbus_message_get_args(call, NULL, DBUS_TYPE_UNIX_FD, &fd, DBUS_TYPE_INVALID), "Read takes a descriptor");
        char *read = read_to_end(fd);
        dbus_message_append_args(reply, DBUS_TYPE_STRING, &read, DBUS_TYPE_INVALID);
        free(read);
    } else if (!dbus_message_get_args(call, NULL, DBUS_TYPE_STRING, &text, DBUS_TYPE_INVALID)) {
        dbus_message_unref(reply);
        return dbus_message_new_error(call, DBUS_ERROR_INVALID_ARGS, member);
    } else if (strcmp(member, "Fail") == 0) {
        dbus_message_unref(reply);
        return dbus_message_new_error(call, INTERFACE ".Error.Failed", text);
    } else if (strcmp(member, "Large") == 0) {
        dbus_message_append_args(reply, DBUS_TYPE_STRING, &text, DBUS_TYPE_INVALID);
    } else if (strcmp(member, "Emit") == 0) {
        emit(connection, text);
    } else if (strcmp(member, "Open") == 0) {
        int fd = pipe_with(text);
        dbus_message_append_args(reply, DBUS_TYPE_UNIX_FD, &fd, DBUS_TYPE_INVALID);
        close(fd);
    }
    return reply;
}

static DBusHandlerResult on_message(DBusConnection *connection, DBusMessage *message, void *data)
{
    (void) data;
    if (dbus_message_get_type(message) != DBUS_MESSAGE_TYPE_METHOD_CALL) {
        return DBUS_HANDLER_RESULT_NOT_YET_HANDLED;
    }
    DBusMessage *reply = answer(connection, message);
    dbus_connection_send(connection, reply, NULL);
    dbus_message_unref(reply);
    return DBUS_HANDLER_RESULT_HANDLED;
}

static void serve(const char *name)
{
    static const DBusObjectPathVTable table = { .message_function = on_message };
    DBusError error = DBUS_ERROR_INIT;
    DBusConnection *connection = connect_to_bus();
    property_text = strdup("initial");
    dbus_connection_register_object_path(connection, PATH, &table, NULL);
    expect(dbus_bus_request_name(connection, name, DBUS_NAME_FLAG_DO_NOT_QUEUE, &error) == 1, name);
    printf("ready\n");
    fflush(stdout);
    while (dbus_connection_read_write_dispatch(connection, -1)) {
    }
}

/* The client. */

static DBusConnection *client;
static const char *service;

static DBusMessage *new_call(const char *interface, const char *member)
{
    return dbus_message_new_method_call(service, PATH, interface, member);
}

/* Sends a call, which it takes, and waits for the reply; an error comes as a reply too. */
static DBusMessage *send_call(DBusMessage *call)
{
    DBusPendingCall *pending;
    expect(dbus_connection_send_with_reply(client, call, &pending, 60000) && pending != NULL, "connected");
    dbus_message_unref(call);
    dbus_pending_call_block(pending);
    DBusMessage *reply = dbus_pending_call_steal_reply(pending);
    dbus_pending_call_unref(pending);
    return reply;
}

static DBusMessage *succeed(DBusMessage *call)
{
    DBusMessage *reply = send_call(call);
    expect(dbus_message_get_type(reply) == DBUS_MESSAGE_TYPE_METHOD_RETURN, dbus_message_get_error_name(reply));
    return reply;
}

static DBusMessage *call_with_text(const char *member, const char *text)
{
    DBusMessage *call = new_call(INTERFACE, member);
    dbus_message_append_args(call, DBUS_TYPE_STRING, &text, DBUS_TYPE_INVALID);
    return call;
}

static DBusMessage *wait_for_signal(DBusConnection *connection, const char *member)
{
    do {
        for (DBusMessage *message; (message = dbus_connection_pop_message(connection)) != NULL; dbus_message_unref(message)) {
            if (dbus_message_get_type(message) == DBUS_MESSAGE_TYPE_SIGNAL && strcmp(dbus_message_get_member(message), member) == 0) {
                return message;
            }
        }
    } while (dbus_connection_read_write(connection, -1));
    expect(false, member);
    return NULL;
}

static void listen_to(const char *interface)
{
    char rule[256];
    DBusError error = DBUS_ERROR_INIT;
    snprintf(rule, sizeof rule, "type='signal',sender='%s',path='" PATH "',interface='%s'", service, interface);
    dbus_bus_add_match(client, rule, &error);
    expect(!dbus_error_is_set(&error), rule);
}

static void check_basic(void)
{
    DBusMessage *call = new_call(INTERFACE, "Basic");
    append_basic(call);
    expect(holds(succeed(call), "ybnqiuxtdsog", BASIC), "the reply of Basic");
    printf("ok basic: 12 types, both ways\n");
}

static void check_containers(void)
{
    DBusMessage *call = new_call(INTERFACE, "Containers");
    append_containers(call);
    expect(holds(succeed(call), CONTAINERS_SIGNATURE, CONTAINERS), "the reply of Containers");
    printf("ok containers: %s, both ways\n", CONTAINERS_SIGNATURE);
}

static void check_dict(void)
{
    DBusMessage *call = new_call(INTERFACE, "Dict");
    append_dict(call);
    expect(holds(succeed(call), "a{us}", DICT), "the reply of Dict");
    printf("ok dict: a{us}, both ways\n");
}

static void check_error(void)
{
    DBusMessage *reply = send_call(call_with_text("Fail", "why"));
    expect(dbus_message_is_error(reply, INTERFACE ".Error.Failed") && holds(reply, "s", "'why'"), "Fail fails");
    printf("ok error: its name and text\n");
}

static void check_large(void)
{
    char *text = malloc(LARGE + 1), *back;
    memset(text, 'x', LARGE);
    text[LARGE] = 0;
    DBusMessage *reply = succeed(call_with_text("Large", text));
    expect(dbus_message_get_args(reply, NULL, DBUS_TYPE_STRING, &back, DBUS_TYPE_INVALID) && strcmp(text, back) == 0, "same text");
    printf("ok large: %d bytes there and back\n", LARGE);
}

static void check_signals(void)
{
    listen_to(INTERFACE);
    succeed(call_with_text("Emit", "first"));
    succeed(call_with_text("Emit", "second"));
    expect(holds(wait_for_signal(client, "Emitted"), "sa{sv}", "'first' [{'text' <'first'>} {'length' <5>}]"), "first signal");
    expect(holds(wait_for_signal(client, "Emitted"), "sa{sv}", "'second' [{'text' <'second'>} {'length' <6>}]"), "second signal");
    printf("ok signals: 2 in their order\n");
}

static DBusMessage *get_property(const char *name)
{
    const char *interface = INTERFACE;
    DBusMessage *call = new_call(DBUS_INTERFACE_PROPERTIES, "Get");
    dbus_message_append_args(call, DBUS_TYPE_STRING, &interface, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID);
    return succeed(call);
}

static DBusMessage *set_property(const char *name, int type, const void *value)
{
    const char *interface = INTERFACE;
    DBusMessageIter iter;
    DBusMessage *call = new_call(DBUS_INTERFACE_PROPERTIES, "Set");
    dbus_message_append_args(call, DBUS_TYPE_STRING, &interface, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID);
    dbus_message_iter_init_append(call, &iter);
    append_variant(&iter, type, value);
    return send_call(call);
}

static void check_properties(void)
{
    const char *interface = INTERFACE, *text = "changed";
    listen_to(DBUS_INTERFACE_PROPERTIES);
    expect(holds(get_property("Text"), "v", "<'initial'>"), "Get");
    expect(holds(set_property("Text", DBUS_TYPE_STRING, &text), "", ""), "Set");
    expect(holds(wait_for_signal(client, "PropertiesChanged"), "sa{sv}as", "'" INTERFACE "' [{'Text' <'changed'>}] []"), "PropertiesChanged");
    expect(holds(get_property("Text"), "v", "<'changed'>"), "Get after Set");
    DBusMessage *call = new_call(DBUS_INTERFACE_PROPERTIES, "GetAll"), *reply;
    dbus_message_append_args(call, DBUS_TYPE_STRING, &interface, DBUS_TYPE_INVALID);
    reply = succeed(call);
    expect(is(reply, "a{sv}", "[{'Text' <'changed'>} {'Number' <7>}]") || holds(reply, "a{sv}", "[{'Number' <7>} {'Text' <'changed'>}]"),
        "GetAll");
    reply = set_property("Number", DBUS_TYPE_UINT32, &(dbus_uint32_t) { 8 });
    expect(dbus_message_get_type(reply) == DBUS_MESSAGE_TYPE_ERROR, "Set of a read-only property fails");
    printf("ok properties: Get, Set, PropertiesChanged, GetAll, read-only\n");
}

static void check_descriptors(void)
{
    int fd;
    DBusMessage *reply = succeed(call_with_text("Open", "from the service"));
    expect(dbus_message_get_args(reply, NULL, DBUS_TYPE_UNIX_FD, &fd, DBUS_TYPE_INVALID), "Open gives a descriptor");
    expect(strcmp(read_to_end(fd), "from the service") == 0, "what the pipe holds");
    fd = pipe_with("from the client");
    DBusMessage *call = new_call(INTERFACE, "Read");
    dbus_message_append_args(call, DBUS_TYPE_UNIX_FD, &fd, DBUS_TYPE_INVALID);
    close(fd);
    expect(holds(succeed(call), "s", "'from the client'"), "what the service reads");
    printf("ok descriptors: one each way\n");
}

static void check_leave(void)
{
    DBusMessage *reply = send_call(new_call(INTERFACE, "Leave"));
    expect(dbus_message_is_error(reply, DBUS_ERROR_NO_REPLY), "NoReply");
    expect(!dbus_bus_name_has_owner(client, service, NULL), "the name is free");
    printf("ok leave: NoReply, and nobody has the name\n");
}

/* Waits for the next NameAcquired ('+') or NameLost ('-') of a name. */
static bool hears(DBusConnection *connection, char sign, const char *name)
{
    const char *lost_or_acquired = sign == '+' ? "NameAcquired" : "NameLost", *which;
    do {
        DBusMessage *signal = wait_for_signal(connection, lost_or_acquired);
        dbus_message_get_args(signal, NULL, DBUS_TYPE_STRING, &which, DBUS_TYPE_INVALID);
    } while (strcmp(which, name) != 0);
    return true;
}

static void check_names(void)
{
    char name[256];
    DBusConnection *first = connect_to_bus(), *second = connect_to_bus();
    snprintf(name, sizeof name, "%s.Queue", service);
    expect(dbus_bus_request_name(first, name, DBUS_NAME_FLAG_ALLOW_REPLACEMENT, NULL) == 1 && hears(first, '+', name), "owner");
    expect(dbus_bus_request_name(second, name, 0, NULL) == 2, "queued");
    expect(dbus_bus_request_name(second, name, DBUS_NAME_FLAG_DO_NOT_QUEUE, NULL) == 3, "exists");
    expect(dbus_bus_request_name(second, name, DBUS_NAME_FLAG_REPLACE_EXISTING, NULL) == 1, "replaced");
    expect(hears(first, '-', name) && hears(second, '+', name), "signals of the replacement");
    expect(dbus_bus_request_name(second, name, DBUS_NAME_FLAG_REPLACE_EXISTING, NULL) == 4, "already owner");
    expect(dbus_bus_release_name(second, name, NULL) == 1 && hears(second, '-', name) && hears(first, '+', name), "released");
    expect(dbus_bus_release_name(second, name, NULL) == 3, "not owner");
    expect(dbus_bus_release_name(first, name, NULL) == 1 && hears(first, '-', name), "released by the first");
    expect(dbus_bus_release_name(first, name, NULL) == 2, "non-existent");
    printf("ok names: 1 2 3 1 4, 1 3 1 2, NameAcquired and NameLost\n");
}

static const struct {
    const char *name;
    void (*run)(void);
} checks[] = {
    { "basic", check_basic }, { "containers", check_containers }, { "dict", check_dict }, { "error", check_error }, { "large", check_large },
    { "signals", check_signals }, { "properties", check_properties }, { "descriptors", check_descriptors },
    { "names", check_names }, { "leave", check_leave },
};

int main(int argc, char **argv)
{
    if (argc >= 3 && strcmp(argv[1], "serve") == 0) {
        serve(argv[2]);
        return 0;
    }

    service = argv[2];
    client = connect_to_bus();
    for (int argument = 3; argument < argc; argument++) {
        size_t number = 0;
        while (number < sizeof checks / sizeof *checks && strcmp(checks[number].name, argv[argument]) != 0) {
            number++;
        }
        expect(number < sizeof checks / sizeof *checks, argv[argument]);
        checks[number].run();
        fflush(stdout);
    }
    return 0;
}
