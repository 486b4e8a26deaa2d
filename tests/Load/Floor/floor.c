/*
 * The floor of a comparison: what no broker on one thread can do without, and nothing else. It waits (epoll_wait), receives (recv) and
 * sends (send) at once what it received, or bytes that lie ready. It reads no message but for bytes at fixed offsets, knows no name and
 * no rule, and checks nothing.
 *
 *     floor LISTEN READY MODE
 *
 * LISTEN is the path of a Unix socket, or "tcp" for a port of 127.0.0.1; the address is written to the descriptor READY. MODE says what
 * becomes of what is received:
 *
 *     pairs    it goes to the partner: the second connection is the first one's, the fourth the third's ...
 *     fan      it goes to each other connection
 *     connect  it is a client that authenticates and says Hello: each of its steps is answered as a bus would
 *     driver   it is calls of GetNameOwner: each is answered with the same name and its own serial
 *
 * It serves until it is killed. Only the load generator may be at the other end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    MAX_DESCRIPTORS = 65536,
    MAX_EVENTS = 512,
    BACKLOG = 4096,
    SCRATCH_BYTES = 256 * 1024,
    MAX_CALL = 512,
};

enum mode { PAIRS, FAN, CONNECT, DRIVER };
static const char *const mode_names[] = { "pairs", "fan", "connect", "driver" };

/* A connection, by its descriptor. */
struct peer {
    int is_open;
    int partner;          /* pairs: where its bytes go, -1 while there is nobody */
    unsigned char *rest;  /* what the kernel had no room for, NULL for nothing */
    size_t rest_bytes;
    size_t rest_sent;
    int source;           /* who is not read until the rest has gone */
    int waits_for;        /* how many have a rest of its bytes */
    unsigned char cut[MAX_CALL]; /* driver: the beginning of a call whose end has not come */
    size_t cut_bytes;
};

/* A method return with reply serial 1 and body ":1.1", from the bus to :1.1: the answer to Hello and to GetNameOwner. */
static const unsigned char reply[] =
    "l\2\1\1" "\11\0\0\0" "\1\0\0\0" "\75\0\0\0"
    "\5\1u\0" "\1\0\0\0"
    "\6\1s\0" "\4\0\0\0" ":1.1\0\0\0\0"
    "\10\1g\0" "\1s\0\0"
    "\7\1s\0" "\24\0\0\0" "org.freedesktop.DBus\0\0\0\0"
    "\4\0\0\0" ":1.1";

/* The signal NameAcquired with body ":1.1", from the bus to :1.1. */
static const unsigned char name_acquired[] =
    "l\4\1\1" "\11\0\0\0" "\2\0\0\0" "\215\0\0\0"
    "\1\1o\0" "\25\0\0\0" "/org/freedesktop/DBus\0\0\0"
    "\2\1s\0" "\24\0\0\0" "org.freedesktop.DBus\0\0\0\0"
    "\3\1s\0" "\14\0\0\0" "NameAcquired\0\0\0\0"
    "\6\1s\0" "\4\0\0\0" ":1.1\0\0\0\0"
    "\10\1g\0" "\1s\0\0"
    "\7\1s\0" "\24\0\0\0" "org.freedesktop.DBus\0\0\0\0"
    "\4\0\0\0" ":1.1";

static const char accepted[] = "OK 0123456789abcdef0123456789abcdef\r\n";
static const char agreed[] = "AGREE_UNIX_FD\r\n";

_Static_assert(sizeof reply == 16 + 64 + 9 && sizeof name_acquired == 16 + 144 + 9, "a canned message is as long as its header says");

/* Offsets in a message. */
enum { BODY_LENGTH = 4, SERIAL = 8, FIELDS_LENGTH = 12, FIELDS = 16, REPLY_SERIAL = 20 };

static struct peer peers[MAX_DESCRIPTORS];
static int highest = -1;
static int unpaired = -1;
static int epoll;
static int is_tcp;
static enum mode mode;
static unsigned char scratch[SCRATCH_BYTES + MAX_CALL] __attribute__((aligned(4096)));
static unsigned char answers[sizeof scratch / FIELDS * sizeof reply];
static unsigned char welcome[sizeof accepted + sizeof agreed + sizeof reply + sizeof name_acquired];
static size_t welcome_bytes;
static size_t lines_bytes;

static int check(int result, const char *call)
{
    if (result < 0) {
        perror(call);
        exit(1);
    }
    return result;
}

/* What epoll tells of a connection follows from its state. */
static void watch(int fd, int operation)
{
    struct epoll_event change = { .data.fd = fd };
    change.events = (peers[fd].waits_for == 0 ? EPOLLIN : 0) | (peers[fd].rest != NULL ? EPOLLOUT : 0);
    check(epoll_ctl(epoll, operation, fd, &change), "epoll_ctl");
}

/* A receiver has taken all, or is gone. */
static void let_source_go_on(int fd)
{
    free(peers[fd].rest);
    peers[fd].rest = NULL;
    int source = peers[fd].source;
    if (--peers[source].waits_for == 0 && source != fd && peers[source].is_open)
        watch(source, EPOLL_CTL_MOD);
}

static void end(int fd)
{
    struct peer *peer = &peers[fd];
    peer->is_open = 0;
    if (peer->rest != NULL)
        let_source_go_on(fd);
    if (peer->partner >= 0)
        peers[peer->partner].partner = -1;
    if (unpaired == fd)
        unpaired = -1;
    close(fd);
}

/* One send; what does not fit is kept, and its source is not read until it has gone. */
static void deliver(int source, int fd, const unsigned char *bytes, size_t count)
{
    ssize_t sent = send(fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent == (ssize_t)count || (sent < 0 && errno != EAGAIN))
        return; /* one that is gone is closed when epoll tells of it */
    struct peer *peer = &peers[fd];
    peer->rest_sent = 0;
    peer->rest_bytes = count - (sent > 0 ? (size_t)sent : 0);
    peer->rest = malloc(peer->rest_bytes);
    if (peer->rest == NULL)
        check(-1, "malloc");
    memcpy(peer->rest, bytes + count - peer->rest_bytes, peer->rest_bytes);
    peer->source = source;
    if (peers[source].waits_for++ == 0 && source != fd)
        watch(source, EPOLL_CTL_MOD);
    watch(fd, EPOLL_CTL_MOD);
}

static void resume(int fd)
{
    struct peer *peer = &peers[fd];
    ssize_t sent = send(fd, peer->rest + peer->rest_sent, peer->rest_bytes - peer->rest_sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    peer->rest_sent += sent > 0 ? (size_t)sent : 0;
    if (peer->rest_sent == peer->rest_bytes || (sent < 0 && errno != EAGAIN)) {
        let_source_go_on(fd);
        watch(fd, EPOLL_CTL_MOD);
    }
}

static void fan_out(int fd, size_t count)
{
    for (int other = 0; other <= highest; other++) {
        if (other != fd && peers[other].is_open)
            deliver(fd, other, scratch, count);
    }
}

/* A client sends its first line alone, or everything at once: then the last byte is not the line's end but Hello's. */
static void greet(int fd, size_t count)
{
    if (scratch[0] == '\0' && scratch[count - 1] != '\n')
        deliver(fd, fd, welcome, welcome_bytes);
    else if (scratch[0] == '\0')
        deliver(fd, fd, welcome, sizeof accepted - 1);
    else if (scratch[0] == 'N')
        deliver(fd, fd, welcome + sizeof accepted - 1, sizeof agreed - 1);
    else
        deliver(fd, fd, welcome + lines_bytes, welcome_bytes - lines_bytes);
}

static uint32_t word(const unsigned char *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static void answer_calls(int fd, size_t count)
{
    size_t answered = 0;
    size_t at = 0;
    while (count - at >= FIELDS) {
        size_t call_bytes = FIELDS + ((word(scratch + at + FIELDS_LENGTH) + 7UL) & ~7UL) + word(scratch + at + BODY_LENGTH);
        if (count - at < call_bytes)
            break;
        memcpy(answers + answered, reply, sizeof reply);
        memcpy(answers + answered + REPLY_SERIAL, scratch + at + SERIAL, sizeof(uint32_t));
        answered += sizeof reply;
        at += call_bytes;
    }
    peers[fd].cut_bytes = count - at;
    if (count - at > MAX_CALL) {
        end(fd);
        return;
    }
    memcpy(peers[fd].cut, scratch + at, count - at);
    if (answered > 0)
        deliver(fd, fd, answers, answered);
}

/* One recv, and what the mode makes of it. */
static void receive(int fd)
{
    size_t before = peers[fd].cut_bytes;
    if (before > 0)
        memcpy(scratch, peers[fd].cut, before);
    ssize_t received = recv(fd, scratch + before, SCRATCH_BYTES, MSG_DONTWAIT);
    if (received <= 0) {
        if (received == 0 || errno != EAGAIN)
            end(fd);
        return;
    }
    size_t count = before + (size_t)received;
    switch (mode) {
    case PAIRS:
        if (peers[fd].partner >= 0)
            deliver(fd, peers[fd].partner, scratch, count);
        break;
    case FAN:
        fan_out(fd, count);
        break;
    case CONNECT:
        greet(fd, count);
        break;
    case DRIVER:
        answer_calls(fd, count);
        break;
    }
}

/* False when nobody waits to be accepted. */
static int accept_one(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return 0;
    if (fd >= MAX_DESCRIPTORS) {
        close(fd);
        return 1;
    }
    if (is_tcp)
        check(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int)), "setsockopt");
    peers[fd] = (struct peer){ .is_open = 1, .partner = unpaired };
    highest = fd > highest ? fd : highest;
    if (mode == PAIRS && unpaired >= 0) {
        peers[unpaired].partner = fd;
        unpaired = -1;
    } else if (mode == PAIRS) {
        unpaired = fd;
    }
    watch(fd, EPOLL_CTL_ADD);
    if (mode == CONNECT)
        receive(fd); /* whoever connects speaks first, and mostly has */
    return 1;
}

static int listen_unix(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        check(-1, path);
    }
    strcpy(address.sun_path, path);
    int fd = check(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket");
    check(bind(fd, (struct sockaddr *)&address, sizeof address), path);
    return fd;
}

static int listen_tcp(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = check(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket");
    check(bind(fd, (struct sockaddr *)&address, sizeof address), "bind");
    return fd;
}

static void tell_address(int listener, const char *path, int ready)
{
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    if (is_tcp) {
        check(getsockname(listener, (struct sockaddr *)&address, &length), "getsockname");
        dprintf(ready, "tcp:host=127.0.0.1,port=%d\n", ntohs(address.sin_port));
    } else {
        dprintf(ready, "unix:path=%s\n", path);
    }
}

static void prepare_welcome(void)
{
    unsigned char *at = welcome;
    at = mempcpy(at, accepted, sizeof accepted - 1);
    at = mempcpy(at, agreed, sizeof agreed - 1);
    lines_bytes = (size_t)(at - welcome);
    at = mempcpy(at, reply, sizeof reply);
    at = mempcpy(at, name_acquired, sizeof name_acquired);
    welcome_bytes = (size_t)(at - welcome);
}

int main(int count, char **arguments)
{
    if (count != 4) {
        fprintf(stderr, "usage: floor PATH|tcp READY-DESCRIPTOR pairs|fan|connect|driver\n");
        return 2;
    }
    is_tcp = strcmp(arguments[1], "tcp") == 0;
    while (strcmp(arguments[3], mode_names[mode]) != 0) {
        if (++mode > DRIVER) {
            fprintf(stderr, "no mode is called %s\n", arguments[3]);
            return 2;
        }
    }
    prepare_welcome();

    int listener = is_tcp ? listen_tcp() : listen_unix(arguments[1]);
    check(listen(listener, BACKLOG), "listen");
    epoll = check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    watch(listener, EPOLL_CTL_ADD);
    tell_address(listener, arguments[1], atoi(arguments[2]));
    close(atoi(arguments[2]));

    struct epoll_event events[MAX_EVENTS];
    for (;;) {
        int ready = epoll_wait(epoll, events, MAX_EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                while (accept_one(listener) && mode != CONNECT)
                    continue;
            } else if (events[i].events & EPOLLHUP) {
                end(fd);
            } else if (events[i].events & EPOLLOUT) {
                resume(fd);
            } else {
                receive(fd);
            }
        }
    }
}
