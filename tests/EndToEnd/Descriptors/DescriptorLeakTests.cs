using XcpBroker.Peers.Processes;
using XcpBroker.Peers.Raw;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.EndToEnd.Descriptors;

/// <summary>Whatever peers do with descriptors, the broker keeps none of them.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class DescriptorLeakTests : IDisposable
{
    private const int Rounds = 20;
    private const int MaxCalls = 100_000;
    private readonly BrokerProcess _broker = TestBroker.Start();
    private readonly FileStream _file = File.Create(Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}"));
    private readonly RawPeer _watcher;

    public DescriptorLeakTests() => _watcher = RawPeer.Connect(_broker.Address);

    private int Descriptor => (int)_file.SafeFileHandle.DangerousGetHandle();

    [Test]
    public void Passed_on_and_received() => LeaveNothing(() =>
    {
        using RawPeer receiver = RawPeer.Connect(_broker.Address, passDescriptors: true);
        using RawPeer sender = RawPeer.Connect(_broker.Address, passDescriptors: true);
        sender.Send(To(receiver.UniqueName, 2), sender.NextSerial(), null, Descriptor, Descriptor);
        PeerMessage message = receiver.Receive();
        Assert.That(message.Descriptors, Has.Count.EqualTo(2));
        RawPeer.Close(message.Descriptors);
    });

    [Test]
    public void To_a_peer_that_leaves_without_reading() => LeaveNothing(() =>
    {
        using RawPeer receiver = RawPeer.Connect(_broker.Address, passDescriptors: true);
        using RawPeer sender = RawPeer.Connect(_broker.Address, passDescriptors: true);
        sender.Send(To(receiver.UniqueName, 1), sender.NextSerial(), null, Descriptor);
    });

    [Test]
    public void Refused_since_the_receiver_takes_none() => LeaveNothing(() =>
    {
        using RawPeer sender = RawPeer.Connect(_broker.Address, passDescriptors: true);
        uint serial = sender.NextSerial();
        sender.Send(To(_watcher.UniqueName, 1), serial, null, Descriptor);
        Assert.That(sender.ReceiveReply(serial).ErrorName, Is.EqualTo("org.freedesktop.DBus.Error.NotSupported"));
    });

    [Test]
    public void More_than_announced() => LeaveNothing(() =>
    {
        using RawPeer sender = RawPeer.Connect(_broker.Address, passDescriptors: true);
        uint serial = sender.NextSerial();
        sender.Send(RawPeer.Bus("GetId"), serial, null, Descriptor, Descriptor, Descriptor);
        sender.ReceiveReply(serial);
    });

    [Test]
    public void CVE_2020_12049_more_than_a_message_may_have() => LeaveNothing(() =>
    {
        using RawPeer sender = RawPeer.Connect(_broker.Address, passDescriptors: true);
        sender.Send(To(_watcher.UniqueName, 17), sender.NextSerial(), null, [.. Enumerable.Repeat(Descriptor, 17)]);
        Assert.That(sender.WaitForClose(), Is.True);
    });

    [Test]
    public void Without_having_negotiated() => LeaveNothing(() =>
    {
        using RawPeer sender = RawPeer.Connect(_broker.Address);
        sender.Send(To(_watcher.UniqueName, 1), sender.NextSerial(), null, Descriptor);
        Assert.That(sender.WaitForClose(), Is.True);
    });

    [Test]
    public void With_a_message_that_never_ends() => LeaveNothing(() =>
    {
        using RawPeer sender = RawPeer.Connect(_broker.Address, passDescriptors: true);
        MessageBuilder builder = new();
        builder.Begin(To(_watcher.UniqueName, 3));
        sender.Send(builder.Finish(7)[..40], Descriptor, Descriptor, Descriptor);
    });

    [Test]
    public void To_a_name_that_nobody_has() => LeaveNothing(() =>
    {
        using RawPeer sender = RawPeer.Connect(_broker.Address, passDescriptors: true);
        uint serial = sender.NextSerial();
        sender.Send(To("com.example.Nobody", 1), serial, null, Descriptor);
        Assert.That(sender.ReceiveReply(serial).ErrorName, Is.EqualTo("org.freedesktop.DBus.Error.ServiceUnknown"));
    });

    [Test]
    public void Broadcast_to_one_who_takes_them_and_one_who_does_not() => LeaveNothing(() =>
    {
        using RawPeer receiver = RawPeer.Connect(_broker.Address, passDescriptors: true);
        using RawPeer other = RawPeer.Connect(_broker.Address);
        using RawPeer sender = RawPeer.Connect(_broker.Address, passDescriptors: true);
        foreach (RawPeer peer in (RawPeer[])[receiver, other])
        {
            peer.Call(RawPeer.Bus("AddMatch", "s"), body => body.WriteString("interface='a.b'"));
        }

        MessageFields signal = new() { Type = MessageType.Signal, Path = "/a", Interface = "a.b", Member = "C", UnixFds = 1 };
        sender.Send(signal, sender.NextSerial(), null, Descriptor);
        PeerMessage message = receiver.Receive();
        Assert.That(message.Descriptors, Has.Count.EqualTo(1));
        RawPeer.Close(message.Descriptors);
    });

    [Test]
    public void In_a_reply_to_a_caller_that_takes_none() => LeaveNothing(() =>
    {
        using RawPeer caller = RawPeer.Connect(_broker.Address);
        using RawPeer callee = RawPeer.Connect(_broker.Address, passDescriptors: true);
        uint serial = caller.NextSerial();
        caller.Send(To(callee.UniqueName, 0), serial);
        callee.Receive();
        MessageFields reply = new() { Type = MessageType.MethodReturn, Destination = caller.UniqueName, ReplySerial = serial, UnixFds = 1 };
        callee.Send(reply, callee.NextSerial(), null, Descriptor);
        Assert.That(caller.ReceiveReply(serial).ErrorName, Is.EqualTo("org.freedesktop.DBus.Error.NotSupported"));
    });

    [TestCase(true, TestName = "Seen_by_a_monitor_that_takes_them")]
    [TestCase(false, TestName = "Not_seen_by_a_monitor_that_does_not_take_them")]
    public void Monitored(bool takesDescriptors) => LeaveNothing(() =>
    {
        using RawPeer monitor = RawPeer.Connect(_broker.Address, takesDescriptors);
        MessageFields become = RawPeer.Bus("BecomeMonitor", "asu") with { Interface = "org.freedesktop.DBus.Monitoring" };
        monitor.Call(become, body =>
        {
            int rules = body.BeginArray(4);
            body.WriteString("interface='a.b'");
            body.EndArray(rules);
            body.WriteUInt32(0);
        });
        using RawPeer sender = RawPeer.Connect(_broker.Address, passDescriptors: true);
        sender.Send(To(sender.UniqueName, 1), sender.NextSerial(), null, Descriptor);
        PeerMessage own = sender.Receive();
        RawPeer.Close(own.Descriptors);
        if (takesDescriptors)
        {
            PeerMessage copy = monitor.Receive();
            copy = copy.Interface == "a.b" ? copy : monitor.Receive(); // NameLost comes first
            Assert.That(copy.Descriptors, Has.Count.EqualTo(1));
            RawPeer.Close(copy.Descriptors);
        }
    });

    [Test]
    public void CVE_2014_3533_split_between_any_two_bytes() => LeaveNothing(() =>
    {
        using RawPeer receiver = RawPeer.Connect(_broker.Address, passDescriptors: true);
        using RawPeer sender = RawPeer.Connect(_broker.Address, passDescriptors: true);
        MessageBuilder builder = new();
        builder.Begin(To(receiver.UniqueName, 1));
        byte[] bytes = builder.Finish(7).ToArray();
        for (int cut = 1; cut < bytes.Length; cut++)
        {
            MessageBuilder.PatchSerial(bytes, (uint)(cut + 1000));
            sender.Send(bytes.AsSpan(0, cut), Descriptor);
            sender.Send(bytes.AsSpan(cut));
            PeerMessage message = receiver.Receive();
            Assert.That(message.Descriptors, Has.Count.EqualTo(1), $"cut at {cut}");
            RawPeer.Close(message.Descriptors);
        }
    });

    [TearDown]
    public void Nothing_but_the_broker_ends()
    {
        Assert.That(_broker.HasExited, Is.False);
        _watcher.Dispose();
    }

    public void Dispose()
    {
        _watcher.Dispose();
        _broker.Dispose();
        _file.Dispose();
        File.Delete(_file.Name);
    }

    private static MessageFields To(string name, uint descriptors) => new()
    {
        Type = MessageType.MethodCall,
        Destination = name,
        Path = "/a",
        Interface = "a.b",
        Member = "C",
        UnixFds = descriptors,
    };

    private void LeaveNothing(Action round)
    {
        for (int i = 0; i < Rounds; i++)
        {
            round();
        }

        // The bus has seen the last of them go once it lists nobody but us; each call is answered after what happened before it.
        int calls = 0;
        while (_watcher.Call(RawPeer.Bus("ListNames")).Body.Length > OneName)
        {
            Assert.That(++calls, Is.LessThan(MaxCalls), "peers that have closed are still listed");
        }

        // And has closed their descriptors a moment after.
        Assert.That(() => OpenFiles.Count(_broker.Pid, _file.Name), Is.Zero.After(10).Seconds.PollEvery(20).MilliSeconds);
    }

    /// <summary>Bytes of a list of org.freedesktop.DBus and our own name.</summary>
    private int OneName => 4 + 4 + 20 + 1 + 3 + 4 + _watcher.UniqueName.Length + 1;
}
