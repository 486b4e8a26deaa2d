using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Routing;

/// <summary>Bytes come as they come: in pieces or all at once; messages keep their order.</summary>
internal sealed class StreamTests : BusFixture
{
    [Test]
    public void A_message_may_be_cut_at_every_byte()
    {
        FakePeer sender = Broker.Connect();
        FakePeer receiver = Broker.Connect();
        byte[] message = WireMessage.Call(":1.1", "Do").Signature("s").Build([5, 0, 0, 0, .. "hello\0"u8]);
        byte[] second = new WireMessage(4).Path("/a").Interface("a.b").Member("C").Destination(":1.1").Build();
        byte[] both = [.. message, .. second];
        for (int cut = 1; cut < both.Length; cut++)
        {
            both[8] = (byte)cut;
            both[9] = 1;
            sender.SendRaw(both.AsSpan(0, cut));
            sender.SendRaw(both.AsSpan(cut));
            Assert.That(receiver.Hear(), Is.EqualTo([$"call {cut + 256} Do(hello)", "C()"]), $"cut at {cut}");
        }
    }

    [Test]
    public void A_whole_conversation_may_come_byte_by_byte()
    {
        FakePeer peer = Broker.Accept();
        byte[] hello = new WireMessage(1) { Serial = 1 }
            .Path("/org/freedesktop/DBus").Interface("org.freedesktop.DBus").Member("Hello").Destination("org.freedesktop.DBus").Build();
        byte[] signal = new WireMessage(4) { Serial = 2 }.Path("/a").Interface("a.b").Member("C").Destination(":1.0").Build();
        byte[] all = [.. "\0AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n"u8, .. hello, .. signal];
        foreach (byte b in all)
        {
            peer.SendRaw([b]);
        }

        byte[] answer = peer.ReceiveRaw();
        int messages = answer.AsSpan().IndexOf("l\x02"u8);
        Assert.That(messages, Is.Positive);
        Assert.That(answer.AsSpan(messages).IndexOf("C\0"u8), Is.Positive);
    }

    [Test]
    public void A_handshake_with_Hello_may_come_in_one_write()
    {
        FakePeer peer = Broker.Accept();
        byte[] hello = new WireMessage(1) { Serial = 1 }
            .Path("/org/freedesktop/DBus").Interface("org.freedesktop.DBus").Member("Hello").Destination("org.freedesktop.DBus").Build();
        peer.SendRaw([.. "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n"u8, .. hello]);
        string answer = System.Text.Encoding.Latin1.GetString(peer.ReceiveRaw());

        Assert.That(answer, Does.StartWith("DATA\r\nOK ").And.Contain(":1.0"));
    }

    [Test]
    public void Each_receiver_hears_each_sender_in_order()
    {
        FakePeer[] senders = [.. Enumerable.Range(0, 4).Select(_ => Broker.Connect())];
        FakePeer[] receivers = [.. Enumerable.Range(0, 4).Select(_ => Broker.Connect())];
        foreach (FakePeer receiver in receivers)
        {
            receiver.AddMatch("interface='org.example.Interface'");
        }

        Random random = new(1);
        for (uint i = 0; i < 4000; i++)
        {
            FakePeer sender = senders[random.Next(4)];
            WireMessage message = random.Next(3) switch
            {
                0 => new WireMessage(4) { Serial = i + 1 }.Path("/a").Interface("org.example.Interface").Member("S"),
                1 => new WireMessage(4) { Serial = i + 1 }.Path("/a").Interface("org.example.Interface").Member("S").Destination($":1.{random.Next(4, 8)}"),
                _ => new WireMessage(1) { Serial = i + 1 }.Path("/a").Member("C").Destination($":1.{random.Next(4, 8)}"),
            };
            sender.Write(message.Build());
            if (random.Next(50) == 0)
            {
                Broker.Run();
            }
        }

        Broker.Run();
        foreach (FakePeer receiver in receivers)
        {
            foreach (IGrouping<string?, Peers.Raw.PeerMessage> sender in receiver.ReceiveAll().GroupBy(message => message.Sender))
            {
                Assert.That(sender.Select(message => message.Serial), Is.Ordered);
                Assert.That(sender.Count(), Is.GreaterThan(100));
            }
        }
    }

    [Test]
    public void A_flood_of_one_does_not_keep_another_waiting_for_its_end()
    {
        FakePeer flooding = Broker.Connect();
        FakePeer other = Broker.Connect();
        FakePeer receiver = Broker.Connect();
        byte[] message = new WireMessage(1) { Flags = 1 }.Path("/a").Member("Flood").Destination(":1.2").Build();
        flooding.Write([.. Enumerable.Repeat(message, 10_000).SelectMany(bytes => bytes)]);
        other.Write(new WireMessage(1) { Flags = 1 }.Path("/a").Member("Other").Destination(":1.2").Build());
        Broker.Run();
        List<Peers.Raw.PeerMessage> heard = receiver.ReceiveAll();

        Assert.That(heard, Has.Count.EqualTo(10_001));
        Assert.That(heard.FindIndex(each => each.Member == "Other"), Is.LessThan(1000));
    }

    [Test]
    public void What_is_held_of_a_message_is_charged_and_given_back()
    {
        FakePeer sender = Broker.Connect();
        FakePeer receiver = Broker.Connect();
        byte[] message = WireMessage.Call(":1.1", "Do").Signature("ay").Build([0x40, 0x0d, 3, 0, .. new byte[200_000]]);
        sender.SendRaw(message.AsSpan(0, 100_000));
        Assert.That(IncomingBytes(receiver), Is.EqualTo("100000"));
        sender.SendRaw(message.AsSpan(100_000, 50_000));
        Assert.That(IncomingBytes(receiver), Is.EqualTo("150000"));
        sender.SendRaw(message.AsSpan(150_000));
        Assert.That(receiver.ReceiveAll(), Has.Count.EqualTo(1));
        Assert.That(IncomingBytes(receiver), Is.EqualTo("0"));
    }

    [Test]
    public void What_is_held_of_a_message_goes_with_its_sender()
    {
        FakePeer sender = Broker.Connect();
        sender.SendRaw(WireMessage.Call(":1.1", "Do").Signature("ay").Build([0x40, 0x0d, 3, 0, .. new byte[200_000]]).AsSpan(0, 100_000));
        sender.Close();

        Assert.That(Broker.Bus.Accounts.IsEmpty, Is.True);
    }

    private static string IncomingBytes(FakePeer asking)
    {
        uint serial = asking.CallOn("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.Debug.Stats", "GetConnectionStats", ":1.0");
        return asking.ReceiveReply(serial).Dictionary()["IncomingBytes"];
    }
}
