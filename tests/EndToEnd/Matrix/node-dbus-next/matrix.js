// org.xen.xcp.Matrix1 with Node's dbus-next (its own protocol code): the service and the client.
'use strict';

const { execFileSync } = require('child_process');
const fs = require('fs');
const os = require('os');
const { join } = require('path');
const { isDeepStrictEqual } = require('util');
const dbus = require('dbus-next');
const { Variant, DBusError } = dbus;

const INTERFACE = 'org.xen.xcp.Matrix1';
const PATH = '/org/xen/xcp/matrix';
const PROPERTIES = 'org.freedesktop.DBus.Properties';
const LARGE = 16 * 1024 * 1024;

const BASIC_SIGNATURE = 'ybnqiuxtdsog';
const BASIC = [
    255, true, -32768, 65535, -2147483648, 4294967295, -9223372036854775807n, 18446744073709551615n, -0.015625, 'text ä 🐊',
    '/org/xen/xcp/o', 'a{sv}',
];
const CONTAINERS_SIGNATURE = 'ayasata{sv}(i(s(dv)))a{s(sao)}a(oa{sa{sv}})v';
const CONTAINERS = [
    Buffer.from([0, 1, 255]), ['', 'b'], [], { number: new Variant('u', 7), list: new Variant('as', ['x', 'y']) },
    [-1, ['in', [0.5, new Variant('s', 'deep')]]], { 1: ['one', ['/a', '/b']] }, [['/a', { i: { p: new Variant('b', true) } }]],
    new Variant('v', new Variant('i', 5)),
];

function expect(holds, what) {
    if (!holds) {
        throw new Error(`failed: ${what}`);
    }
}

function expectSame(values, wanted, what) {
    expect(isDeepStrictEqual(values, wanted), `${what}: ${require('util').inspect(values, { depth: 9 })}`);
}

/** Whether dbus-next finds the addon by which it passes descriptors. Without it, it falls back to Node's sockets and does not say so. */
const hasAddon = (() => {
    try {
        return Boolean(require('usocket'));
    } catch {
        return false;
    }
})();

/** A connection of its own: by itself, dbus-next looks at the variables of the session and system bus only. */
function connect() {
    return dbus.sessionBus({ busAddress: process.env.DBUS_STARTER_ADDRESS, negotiateUnixFd: hasAddon });
}

/** The read end of a pipe that holds the text. Node makes no pipes but for children: this one has a name for a moment. */
function pipeWith(text) {
    const directory = fs.mkdtempSync(join(os.tmpdir(), 'xcp-matrix-'));
    const name = join(directory, 'pipe');
    execFileSync('mkfifo', [name]);
    const end = fs.openSync(name, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    fs.writeFileSync(name, text);
    fs.rmSync(directory, { recursive: true });
    return end;
}

function readToEnd(descriptor) {
    const text = fs.readFileSync(descriptor, 'utf8');
    fs.closeSync(descriptor);
    return text;
}

// The service. dbus-next has no decorators without a compiler: members are configured below the class.

class Matrix extends dbus.interface.Interface {
    constructor() {
        super(INTERFACE);
        this.text = 'initial';
    }

    Basic(...values) {
        return this.checked(values, BASIC);
    }

    Containers(...values) {
        return this.checked(values, CONTAINERS);
    }

    checked(values, wanted) {
        if (!isDeepStrictEqual(values, wanted)) {
            throw new DBusError('org.freedesktop.DBus.Error.InvalidArgs', 'other values');
        }
        return wanted;
    }

    Fail(text) {
        throw new DBusError(`${INTERFACE}.Error.Failed`, text);
    }

    Large(text) {
        return text;
    }

    /** The descriptor stays open: dbus-next does not say when it has sent it. */
    Open(text) {
        return pipeWith(text);
    }

    Read(pipe) {
        return readToEnd(pipe);
    }

    Emit(text) {
        this.Emitted(text);
    }

    Emitted(text) {
        return [text, { text: new Variant('s', text), length: new Variant('u', text.length) }];
    }

    Leave() {
        process.exit(0);
    }

    get Text() {
        return this.text;
    }

    set Text(value) {
        this.text = value;
        dbus.interface.Interface.emitPropertiesChanged(this, { Text: value });
    }

    get Number() {
        return 7;
    }
}

Matrix.configureMembers({
    methods: {
        Basic: { inSignature: BASIC_SIGNATURE, outSignature: BASIC_SIGNATURE },
        Containers: { inSignature: CONTAINERS_SIGNATURE, outSignature: CONTAINERS_SIGNATURE },
        Fail: { inSignature: 's' },
        Large: { inSignature: 's', outSignature: 's' },
        Emit: { inSignature: 's' },
        Open: { inSignature: 's', outSignature: 'h' },
        Read: { inSignature: 'h', outSignature: 's' },
        Leave: {},
    },
    signals: { Emitted: { signature: 'sa{sv}' } },
    properties: { Text: { signature: 's' }, Number: { signature: 'u', access: dbus.interface.ACCESS_READ } },
});

/** The client: a check a method. */
class Checks {
    constructor(bus, name) {
        this.bus = bus;
        this.name = name;
        this.heard = [];
        this.waiting = null;
    }

    async introspect() {
        this.object = await this.bus.getProxyObject(this.name, PATH);
        this.matrix = this.object.getInterface(INTERFACE);
    }

    hear(...what) {
        this.heard.push(what);
        if (this.waiting) {
            this.waiting();
        }
    }

    async nextSignal() {
        while (this.heard.length === 0) {
            await new Promise((resolve) => { this.waiting = resolve; });
        }
        return this.heard.shift();
    }

    async fails(call) {
        try {
            await call;
        } catch (error) {
            expect(error instanceof DBusError, error);
            return error;
        }
        throw new Error('failed: no error came');
    }

    async basic() {
        expectSame(await this.matrix.Basic(...BASIC), BASIC, 'the reply of Basic');
        return '12 types, both ways';
    }

    async containers() {
        expectSame(await this.matrix.Containers(...CONTAINERS), CONTAINERS, 'the reply of Containers');
        return `${CONTAINERS_SIGNATURE}, both ways`;
    }

    async dict() {
        const dict = { 1: 'one', 4294967295: 'last' };
        expectSame(await this.matrix.Dict(dict), dict, 'the reply of Dict');
        return 'a{us}, both ways';
    }

    async descriptors() {
        expect(hasAddon, 'usocket is there');
        expectSame(readToEnd(await this.matrix.Open('from the service')), 'from the service', 'what the pipe holds');
        expectSame(await this.matrix.Read(pipeWith('from the client')), 'from the client', 'what the service reads');
        return 'one each way';
    }

    async error() {
        const error = await this.fails(this.matrix.Fail('why'));
        expectSame([error.type, error.text], [`${INTERFACE}.Error.Failed`, 'why'], 'the error');
        return 'its name and text';
    }

    async large() {
        const text = 'x'.repeat(LARGE);
        expect(await this.matrix.Large(text) === text, 'the same text comes back');
        return `${LARGE} bytes there and back`;
    }

    async signals() {
        this.matrix.on('Emitted', (...signal) => this.hear(...signal));
        await this.bus.call(new dbus.Message({
            destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus', member: 'GetId',
        })); // on() does not say when its AddMatch is done; what is called after it is answered after it
        for (const text of ['first', 'second']) {
            await this.matrix.Emit(text);
        }
        for (const text of ['first', 'second']) {
            const details = { text: new Variant('s', text), length: new Variant('u', text.length) };
            expectSame(await this.nextSignal(), [text, details], 'the signal');
        }
        return '2 in their order';
    }

    async properties() {
        const properties = this.object.getInterface(PROPERTIES);
        properties.on('PropertiesChanged', (...signal) => this.hear(...signal));
        expectSame(await properties.Get(INTERFACE, 'Text'), new Variant('s', 'initial'), 'Get');
        await properties.Set(INTERFACE, 'Text', new Variant('s', 'changed'));
        expectSame(await this.nextSignal(), [INTERFACE, { Text: new Variant('s', 'changed') }, []], 'PropertiesChanged');
        expectSame(await properties.Get(INTERFACE, 'Text'), new Variant('s', 'changed'), 'Get after Set');
        const wanted = { Text: new Variant('s', 'changed'), Number: new Variant('u', 7) };
        expectSame(await properties.GetAll(INTERFACE), wanted, 'GetAll');
        await this.fails(properties.Set(INTERFACE, 'Number', new Variant('u', 8)));
        return 'Get, Set, PropertiesChanged, GetAll, read-only';
    }

    async names() {
        const name = `${this.name}.Queue`;
        const [first, second] = [connect(), connect()];
        for (const [bus, who] of [[first, 'first'], [second, 'second']]) {
            bus.on('message', (message) => {
                if (['NameAcquired', 'NameLost'].includes(message.member) && message.body[0] === name) {
                    this.hear(`${who} ${message.member}`);
                }
            });
        }
        const two = async () => [await this.nextSignal(), await this.nextSignal()].flat().sort();
        expect(await first.requestName(name, dbus.NameFlag.ALLOW_REPLACEMENT) === 1, 'owner');
        expectSame(await this.nextSignal(), ['first NameAcquired'], 'signal to the owner');
        expect(await second.requestName(name, 0) === 2, 'queued');
        expect(await second.requestName(name, dbus.NameFlag.DO_NOT_QUEUE) === 3, 'exists');
        expect(await second.requestName(name, dbus.NameFlag.REPLACE_EXISTING) === 1, 'replaced');
        expectSame(await two(), ['first NameLost', 'second NameAcquired'], 'signals of the replacement');
        expect(await second.requestName(name, dbus.NameFlag.REPLACE_EXISTING) === 4, 'already owner');
        expect(await second.releaseName(name) === 1, 'released');
        expectSame(await two(), ['first NameAcquired', 'second NameLost'], 'signals of the release');
        expect(await second.releaseName(name) === 3, 'not owner');
        expect(await first.releaseName(name) === 1, 'released by the first');
        expectSame(await this.nextSignal(), ['first NameLost'], 'its signal');
        expect(await first.releaseName(name) === 2, 'non-existent');
        return '1 2 3 1 4, 1 3 1 2, NameAcquired and NameLost';
    }

    async leave() {
        const error = await this.fails(this.matrix.Leave());
        expectSame(error.type, 'org.freedesktop.DBus.Error.NoReply', 'the error');
        const bus = (await this.bus.getProxyObject('org.freedesktop.DBus', '/org/freedesktop/DBus')).getInterface('org.freedesktop.DBus');
        expect(!await bus.NameHasOwner(this.name), 'the name is free');
        return 'NoReply, and nobody has the name';
    }
}

async function main([mode, name, ...checks]) {
    const bus = connect();
    if (mode === 'serve') {
        bus.export(PATH, new Matrix());
        await bus.requestName(name, dbus.NameFlag.DO_NOT_QUEUE);
        console.log('ready');
        return;
    }

    const client = new Checks(bus, name);
    if (checks.join() !== 'names') {
        await client.introspect();
    }
    for (const check of checks) {
        console.log(`ok ${check}: ${await client[check]()}`);
    }
    process.exit(0);
}

main(process.argv.slice(2)).catch((error) => {
    console.error(error);
    process.exit(1);
});
