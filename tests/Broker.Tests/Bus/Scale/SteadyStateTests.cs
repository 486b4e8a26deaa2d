using System.Buffers.Binary;
using XcpBroker.Activation;
using XcpBroker.Broker.Tests.Bus.Buffering;
using XcpBroker.Broker.Tests.Bus.Domains;
using XcpBroker.Config;
using XcpBroker.Config.Services;
using XcpBroker.Metrics;
using XcpBroker.Protocol.MatchRules;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Scale;

/// <summary>Once the tables have grown, a message costs no managed memory.</summary>
internal sealed class SteadyStateTests : BusFixture
{
    private const int SerialAt = 8;

    // Fields begin at 16; the value of the first is 4 bytes on.
    private const int ReplySerialAt = 20;
    private const int Rounds = 5000;
    private uint _serial = 100;

    [TestCase(0)]
    [TestCase(1000)]
    [TestCase(100_000)]
    public void A_call_and_its_reply_allocate_nothing(int bodyBytes)
    {
        StubTransport caller = Broker.ConnectStub();
        StubTransport callee = Broker.ConnectStub();
        byte[] call = WithBody(WireMessage.Call(":1.1", "Do").Interface("org.example.Interface"), bodyBytes);
        byte[] reply = WithBody(new WireMessage(2) { Flags = 1 }.ReplySerial(1).Destination(":1.0"), bodyBytes);

        Assert.That(AllocatedBy(() => Exchange(caller, call, callee, reply)), Is.Zero);
        Assert.That(Broker.Bus.Replies.Count, Is.Zero);
        Assert.That(Broker.Bus.Counters.Dropped(DropReason.UnexpectedReply), Is.Zero);
        Assert.That(caller.BytesSent, Is.GreaterThan(Rounds * (long)reply.Length));
    }

    [Test]
    public void Calls_of_changing_kinds_allocate_nothing()
    {
        StubTransport caller = Broker.ConnectStub();
        StubTransport callee = Broker.ConnectStub();
        byte[] one = WithBody(WireMessage.Call(":1.1", "One").Interface("org.example.Interface"), 10);
        byte[] two = WithBody(WireMessage.Call(":1.1", "Two").Sender(":1.77").Number(99, 1), 10);
        byte[] reply = WithBody(new WireMessage(2) { Flags = 1 }.ReplySerial(1).Destination(":1.0"), 10);

        Assert.That(
            AllocatedBy(() =>
            {
                Exchange(caller, one, callee, reply);
                Exchange(caller, two, callee, reply);
            }),
            Is.Zero);
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Calls_of_a_well_known_name_allocate_nothing(bool isDeclared)
    {
        Begin(isDeclared ? [new BufferedPrefix("org.example.Name", 1, new BufferDeclaration())] : [], []);
        StubTransport owner = Broker.ConnectStub();
        StubTransport caller = Broker.ConnectStub();
        WireMessage request = WireMessage.Call("org.freedesktop.DBus", "RequestName").Signature("su");
        Feed(owner, request.Build([.. request.UInt32(16), .. "org.example.Name\0"u8, 0, 0, 0, 0, 0, 0, 0]));
        byte[] call = new WireMessage(1) { Flags = 1 }.Path("/a").Member("Do").Destination("org.example.Name").Build();
        byte[] signal = new WireMessage(4) { Flags = 1 }.Path("/a").Interface("a.b").Member("S").Destination("org.example.Nobody").Build();

        Assert.That(
            AllocatedBy(() =>
            {
                Feed(caller, call);
                Feed(caller, signal);
            }),
            Is.Zero);
        Assert.That(owner.BytesSent, Is.GreaterThan(Rounds * (long)call.Length));
    }

    [TestCase(0, false)]
    [TestCase(1000, false)]
    [TestCase(0, true)]
    public void A_broadcast_allocates_nothing(int bodyBytes, bool isAnybodyAway)
    {
        Begin([], isAnybodyAway ? SeenOnceTests.Subscribe("member='Other';interface='org.example.Other'") : []);
        StubTransport sender = Broker.ConnectStub();
        StubTransport[] receivers = [.. Enumerable.Range(0, 16).Select(_ => Broker.ConnectStub())];
        string[] rules = ["type='signal'", "sender=':1.0',member='S'", "path_namespace='/a',interface='org.example.Interface'", "arg0='nothing'"];
        for (int i = 0; i < receivers.Length; i++)
        {
            string rule = rules[i % rules.Length];
            WireMessage add = WireMessage.Call("org.freedesktop.DBus", "AddMatch").Signature("s");
            Feed(receivers[i], add.Build([.. add.UInt32((uint)rule.Length), .. System.Text.Encoding.ASCII.GetBytes(rule), 0]));
        }

        byte[] signal = WithBody(new WireMessage(4) { Flags = 1 }.Path("/a").Interface("org.example.Interface").Member("S"), bodyBytes);

        Assert.That(AllocatedBy(() => Feed(sender, signal)), Is.Zero);
        Assert.That(receivers.Count(receiver => receiver.BytesSent > Rounds * (long)signal.Length), Is.EqualTo(12));
    }

    [Test]
    public void A_call_of_the_bus_allocates_nothing()
    {
        StubTransport caller = Broker.ConnectStub();
        WireMessage ask = WireMessage.Call("org.freedesktop.DBus", "GetNameOwner").Interface("org.freedesktop.DBus").Signature("s");
        byte[] call = ask.Build([.. ask.UInt32(4), .. ":1.0\0"u8]);
        long before = caller.BytesSent;

        Assert.That(AllocatedBy(() => Feed(caller, call)), Is.Zero);
        Assert.That(caller.BytesSent - before, Is.GreaterThan(Rounds * 60L));
    }

    [Test]
    public void Between_a_domain_and_the_host_nothing_is_allocated_either()
    {
        BusConfiguration configuration = DomainFixture.Read(
            "<policy domain='*'><allow send_destination='*'/><allow receive_sender='*'/></policy>", "<domain name='nfs'><limit name='max_messages_per_second'>0</limit></domain>");
        Broker.Dispose();
        Broker = new InMemoryBroker(policy: configuration.Policy, domains: configuration.Domains);
        StubTransport caller = Broker.ConnectStub();
        StubTransport callee = Broker.ConnectStub("nfs");
        WireMessage add = WireMessage.Call("org.freedesktop.DBus", "AddMatch").Signature("s");
        Feed(callee, add.Build([.. add.UInt32(13), .. "type='signal'\0"u8]));
        byte[] call = WithBody(WireMessage.Call(":1.1", "Do").Interface("org.example.Interface"), 10);
        byte[] reply = WithBody(new WireMessage(2) { Flags = 1 }.ReplySerial(1).Destination(":1.0"), 10);
        byte[] signal = WithBody(new WireMessage(4) { Flags = 1 }.Path("/a").Interface("org.example.Interface").Member("S"), 10);

        Assert.That(
            AllocatedBy(() =>
            {
                Exchange(caller, call, callee, reply);
                Feed(caller, signal);
            }),
            Is.Zero);
        Assert.That(caller.BytesSent, Is.GreaterThan(Rounds * (long)reply.Length));
        Assert.That(callee.BytesSent, Is.GreaterThan(Rounds * (long)(call.Length + signal.Length)));
    }

    private void Begin(IReadOnlyList<BufferedPrefix> buffers, IReadOnlyList<MatchRule> subscriptions)
    {
        ServiceDescriptor absent = new() { Name = "org.example.Absent", FilePath = "/a.service", Buffer = new BufferDeclaration { Subscriptions = subscriptions } };
        ServiceDescriptor forbidden = new() { Name = "org.example.Name.Not", FilePath = "/n.service", Extensions = [new("X-XCP-Buffer", "no")] };
        Broker.Dispose();
        Broker = new InMemoryBroker(starting: new ActivationOptions { Catalog = ServiceCatalog.Of(absent, forbidden) }, buffers: buffers);
    }

    private static byte[] WithBody(WireMessage message, int bytes) =>
        message.Signature("ay").Build([.. message.UInt32((uint)bytes), .. new byte[bytes]]);

    private static long AllocatedBy(Action round)
    {
        for (int i = 0; i < 300; i++)
        {
            round();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Rounds; i++)
        {
            round();
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private void Exchange(StubTransport caller, byte[] call, StubTransport callee, byte[] reply)
    {
        Feed(caller, call);
        BinaryPrimitives.WriteUInt32LittleEndian(reply.AsSpan(ReplySerialAt), _serial);
        Feed(callee, reply);
    }

    private void Feed(StubTransport transport, byte[] message)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(SerialAt), ++_serial);
        transport.Feed(message);
        Broker.Run();
    }
}
