using XcpBroker.Peers.Processes;
using XcpBroker.Peers.Raw;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.EndToEnd.Descriptors;

/// <summary>Descriptors of messages that wait for an absent peer: they are kept as long as these, counted, and closed whatever becomes of them.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class HeldDescriptorTests : IDisposable
{
    private const string Name = "org.example.Absent";
    private const string Brief = "org.example.Brief";
    private const string Small = "org.example.Small";
    private const int Limit = 4;

    private const string Configuration = """
        <policy context="default"><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
        <buffer own_prefix="org.example"/><buffer own_prefix="org.example.Brief" timeout="100ms" ttl="100ms"/>
        <buffer own_prefix="org.example.Small" messages="2" on_full="drop-oldest"/>
        """;

    private readonly BrokerProcess _broker = TestBroker.Start("xcp-broker", new Dictionary<string, long> { ["max_outgoing_unix_fds"] = Limit }, Configuration);
    private readonly FileStream _file = File.Create(Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}"));
    private readonly RawPeer _sender;

    public HeldDescriptorTests() => _sender = RawPeer.Connect(_broker.Address, passDescriptors: true);

    private int Kept => OpenFiles.Count(_broker.Pid, _file.Name);

    [Test]
    public void They_go_to_the_owner_with_their_message()
    {
        Hold(Name);
        using RawPeer owner = Own(passDescriptors: true);
        PeerMessage message = owner.Receive();
        while (message.Member != "C")
        {
            message = owner.Receive();
        }

        Assert.That(message.Descriptors, Has.Count.EqualTo(1));
        RawPeer.Close(message.Descriptors);
        AssertNoneKept();
    }

    [Test]
    public void An_owner_that_takes_none_costs_the_caller_an_error()
    {
        uint call = Hold(Name);
        using RawPeer owner = Own(passDescriptors: false);

        Assert.That(_sender.ReceiveReply(call).ErrorName, Is.EqualTo("org.freedesktop.DBus.Error.NotSupported"));
        AssertNoneKept();
    }

    [Test]
    public void They_are_closed_when_the_call_has_waited_too_long()
    {
        Assert.That(_sender.ReceiveReply(Send(Brief)).ErrorName, Is.EqualTo("org.freedesktop.DBus.Error.TimedOut"));
        AssertNoneKept();
    }

    [Test]
    public void They_are_closed_when_what_wants_no_answer_has_waited_too_long()
    {
        Send(Brief, MessageFlags.NoReplyExpected);
        Assert.That(_sender.ReceiveReply(Send(Brief)).ErrorName, Is.EqualTo("org.freedesktop.DBus.Error.TimedOut"));

        AssertNoneKept();
    }

    [Test]
    public void They_are_closed_when_a_newer_message_takes_the_place_of_theirs()
    {
        uint first = Hold(Small);
        Send(Small);

        Assert.That(_sender.ReceiveReply(first).ErrorName, Is.EqualTo("org.freedesktop.DBus.Error.LimitsExceeded"));
        Assert.That(() => Kept, Is.EqualTo(1).After(10).Seconds.PollEvery(20).MilliSeconds);
        _sender.Dispose();
        AssertNoneKept();
    }

    [Test]
    public void They_are_closed_when_the_caller_leaves()
    {
        Hold(Name);
        _sender.Dispose();

        AssertNoneKept();
    }

    [Test]
    public void They_are_closed_when_an_operator_purges_the_buffer()
    {
        uint call = Hold(Name);
        using RawPeer root = RawPeer.Connect(_broker.Address);
        root.Call(
            new MessageFields
            {
                Type = MessageType.MethodCall,
                Destination = "org.freedesktop.DBus",
                Path = "/org/xen/xcp/broker",
                Interface = "org.xen.xcp.Broker1",
                Member = "PurgeBuffer",
                Signature = "s",
            },
            body => body.WriteString(Name));

        Assert.That(_sender.ReceiveReply(call).ErrorName, Is.EqualTo("org.freedesktop.DBus.Error.Failed"));
        AssertNoneKept();
    }

    [Test]
    public void A_sender_has_no_more_of_them_waiting_than_in_queues()
    {
        for (int i = 0; i < Limit; i++)
        {
            Send(Name);
        }

        PeerMessage refused = _sender.ReceiveReply(Send(Name));
        Assert.That(refused.ErrorName, Is.EqualTo("org.freedesktop.DBus.Error.LimitsExceeded"));
        Assert.That(refused.FirstString, Does.Contain("max_outgoing_unix_fds"));
        Assert.That(() => Kept, Is.EqualTo(Limit).After(10).Seconds.PollEvery(20).MilliSeconds);
    }

    public void Dispose()
    {
        _sender.Dispose();
        _broker.Dispose();
        _file.Dispose();
        File.Delete(_file.Name);
    }

    /// <summary>A peer may have its message before the bus has closed its own copies.</summary>
    private void AssertNoneKept() => Assert.That(() => Kept, Is.Zero.After(10).Seconds.PollEvery(20).MilliSeconds);

    /// <summary>A call with a descriptor, which waits when this returns.</summary>
    private uint Hold(string name)
    {
        uint call = Send(name);
        Assert.That(() => Kept, Is.EqualTo(1).After(10).Seconds.PollEvery(20).MilliSeconds);
        return call;
    }

    private uint Send(string name, MessageFlags flags = 0)
    {
        uint serial = _sender.NextSerial();
        MessageFields call = new() { Type = MessageType.MethodCall, Flags = flags, Destination = name, Path = "/a", Interface = "a.b", Member = "C", UnixFds = 1 };
        _sender.Send(call, serial, null, (int)_file.SafeFileHandle.DangerousGetHandle());
        return serial;
    }

    private RawPeer Own(bool passDescriptors)
    {
        RawPeer owner = RawPeer.Connect(_broker.Address, passDescriptors);
        MessageFields request = RawPeer.Bus("RequestName", "su");
        owner.Send(request, owner.NextSerial(), body =>
        {
            body.WriteString(Name);
            body.WriteUInt32(0);
        });
        return owner;
    }
}
