using XcpBroker.Protocol;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Routing;

/// <summary>What a receiver gets is what was sent: but for SENDER and for fields that nobody knows.</summary>
[TestFixture(false)]
[TestFixture(true)]
internal sealed class RelayTests(bool isBigEndian) : BusFixture
{
    private static readonly int[] BodySizes = [0, 1, 7, 8, 9, 1000, 32 * 1024, 33 * 1024, 300_000, 3 << 20];

    [Test]
    public void SENDER_is_added_as_the_last_field_and_nothing_else_changes()
    {
        (FakePeer sender, FakePeer receiver) = Pair();
        byte[] body = Body(12);
        sender.SendRaw(Typical().Signature("ay").Build(body));

        Assert.That(receiver.ReceiveRaw(), Is.EqualTo(Typical().Signature("ay").Sender(":1.0").Build(body)));
    }

    [TestCase(":1.77")]
    [TestCase(":1.0")]
    [TestCase("org.freedesktop.DBus")]
    [TestCase("org.example.a.name.that.is.far.longer.than.the.true.one")]
    public void A_forged_SENDER_is_replaced_wherever_it_stands(string forged)
    {
        (FakePeer sender, FakePeer receiver) = Pair();
        WireMessage[] messages =
        [
            New().Sender(forged).Path("/a").Member("Do").Destination(":1.1"),
            New().Path("/a").Sender(forged).Member("Do").Destination(":1.1"),
            New().Path("/a").Member("Do").Sender(forged).Destination(":1.1"),
            New().Path("/a").Member("Do").Destination(":1.1").Sender(forged),
        ];
        foreach (WireMessage message in messages)
        {
            sender.SendRaw(message.Build());

            Assert.That(receiver.ReceiveRaw(), Is.EqualTo(New().Path("/a").Member("Do").Destination(":1.1").Sender(":1.0").Build()));
        }
    }

    [Test]
    public void Unknown_fields_are_taken_out_and_the_others_keep_their_order()
    {
        (FakePeer sender, FakePeer receiver) = Pair();
        sender.SendRaw(New()
            .Number(77, 5).Member("Do").Text(200, 's', "odd").Destination(":1.1").Text(10, 'o', "/container").Path("/a").Number(77, 6).Build());

        Assert.That(receiver.ReceiveRaw(), Is.EqualTo(New().Member("Do").Destination(":1.1").Path("/a").Sender(":1.0").Build()));
    }

    [Test]
    public void Serial_and_every_flag_bit_are_passed_on()
    {
        (FakePeer sender, FakePeer receiver) = Pair();
        for (int flags = 0; flags < 256; flags++)
        {
            WireMessage message = new WireMessage(1, isBigEndian) { Flags = (byte)flags, Serial = 0xfffffff0u - (uint)flags }.Path("/a").Member("Do").Destination(":1.1");
            sender.SendRaw(message.Build());
            Assert.That(receiver.ReceiveRaw(), Is.EqualTo(message.Sender(":1.0").Build()));
        }
    }

    [TestCaseSource(nameof(BodySizes))]
    public void The_body_is_passed_on_as_it_is(int size)
    {
        (FakePeer sender, FakePeer receiver) = Pair();
        byte[] body = Body(size);
        sender.SendRaw(Typical().Signature("ay").Build(body));

        Assert.That(receiver.ReceiveRaw().AsSpan().SequenceEqual(Typical().Signature("ay").Sender(":1.0").Build(body)), Is.True);
    }

    [TestCaseSource(nameof(BodySizes))]
    public void A_broadcast_is_the_same_for_each_receiver(int size)
    {
        FakePeer sender = Broker.Connect();
        FakePeer[] receivers = [Broker.Connect(), Broker.Connect(), Broker.Connect()];
        foreach (FakePeer receiver in receivers)
        {
            receiver.AddMatch("sender=':1.0'");
        }

        byte[] body = Body(size);
        sender.SendRaw(Signal().Build(body));
        byte[] expected = Signal().Sender(":1.0").Build(body);
        foreach (FakePeer receiver in receivers)
        {
            Assert.That(receiver.ReceiveRaw().AsSpan().SequenceEqual(expected), Is.True);
        }

        WireMessage Signal() => new WireMessage(4, isBigEndian).Path("/a").Interface("org.example.I").Member("S").Signature("ay");
    }

    [Test]
    public void Headers_that_repeat_and_change_are_each_passed_on_as_they_are()
    {
        (FakePeer sender, FakePeer receiver) = Pair();
        FakePeer third = Broker.Connect();
        third.AddMatch("type='signal'");
        third.ReceiveAll();
        Random random = new(7);
        for (uint serial = 1; serial < 3000; serial++)
        {
            byte flags = (byte)(1 | (random.Next(2) << 1));
            int kind = random.Next(5);
            byte[] body = Body(random.Next(3) == 0 ? random.Next(600) : 16);
            FakePeer to = kind == 4 ? third : receiver;
            sender.SendRaw(Make(false).Build(kind == 3 ? [] : body));
            Assert.That(to.ReceiveRaw(), Is.EqualTo(Make(true).Build(kind == 3 ? [] : body)), $"message {serial} of kind {kind}");

            WireMessage Make(bool delivered)
            {
                WireMessage message = new WireMessage((byte)(kind == 4 ? 4 : 1), isBigEndian) { Flags = flags, Serial = serial };
                _ = kind switch
                {
                    0 => message.Path("/a").Member("Do").Destination(":1.1").Signature("ay"),
                    1 => message.Path("/b").Member("Do").Destination(":1.1").Signature("ay"),
                    2 when !delivered => message.Path("/a").Sender(":1.0").Member("Do").Destination(":1.1").Number(99, serial).Signature("ay"),
                    2 => message.Path("/a").Member("Do").Destination(":1.1").Signature("ay"),
                    3 => message.Path("/a").Member("Do").Destination(":1.1"),
                    _ => message.Path("/a").Interface("org.example.Interface").Member("S").Signature("ay"),
                };
                return delivered ? message.Sender(":1.0") : message;
            }
        }
    }

    [Test]
    public void A_well_known_DESTINATION_stays_as_it_was_sent()
    {
        (FakePeer sender, FakePeer receiver) = Pair();
        receiver.RequestName("org.example.Name");
        sender.SendRaw(WireMessage.Call("org.example.Name", "Do", isBigEndian).Build());

        Assert.That(receiver.ReceiveRaw(), Is.EqualTo(WireMessage.Call("org.example.Name", "Do", isBigEndian).Sender(":1.0").Build()));
    }

    [Test]
    public void Replies_and_errors_are_passed_on_alike()
    {
        (FakePeer caller, FakePeer callee) = Pair();
        foreach (uint serial in new uint[] { 1000, 1001 })
        {
            caller.SendRaw(new WireMessage(1, isBigEndian) { Serial = serial }.Path("/a").Member("Do").Destination(":1.1").Build());
        }

        callee.SendRaw(Return().Build());
        callee.SendRaw(Error().Build());

        Assert.That(caller.ReceiveRaw(), Is.EqualTo((byte[])[.. Return().Sender(":1.1").Build(), .. Error().Sender(":1.1").Build()]));

        WireMessage Return() => new WireMessage(2, isBigEndian) { Flags = 1, Serial = 3 }.ReplySerial(1000).Destination(":1.0");
        WireMessage Error() => new WireMessage(3, isBigEndian) { Flags = 1, Serial = 4 }.ErrorName("a.b").ReplySerial(1001).Destination(":1.0");
    }

    [Test]
    public void The_bus_understands_both_orders_and_answers_in_its_own()
    {
        FakePeer peer = Broker.Connect();
        WireMessage call = new WireMessage(1, isBigEndian) { Serial = 99 }
            .Path("/org/freedesktop/DBus").Member("NameHasOwner").Destination(BusName).Signature("s");
        peer.SendRaw(call.Build([.. call.UInt32((uint)BusName.Length), .. "org.freedesktop.DBus\0"u8]));
        Peers.Raw.PeerMessage answer = peer.Receive();

        Assert.That((answer.ReplySerial, answer.ArgumentsText(), answer.IsBigEndian), Is.EqualTo((99u, "true", false)));
    }

    [Test]
    public void Arguments_are_matched_in_the_order_of_their_message()
    {
        FakePeer sender = Broker.Connect();
        FakePeer receiver = Broker.Connect();
        receiver.AddMatch("arg1='two'");
        WireMessage signal = new WireMessage(4, isBigEndian).Path("/a").Interface("org.example.I").Member("S").Signature("ss");
        sender.SendRaw(signal.Build([.. signal.UInt32(3), .. "one\0"u8, .. signal.UInt32(3), .. "two\0"u8]));

        Assert.That(receiver.Hear(), Is.EqualTo(["S(one,two)"]));
    }

    [Test]
    public void An_error_of_the_bus_answers_the_serial_of_the_message()
    {
        FakePeer sender = Broker.Connect();
        sender.SendRaw(new WireMessage(1, isBigEndian) { Serial = 0x01020304 }.Path("/a").Member("Do").Destination("org.example.Nobody").Build());
        Peers.Raw.PeerMessage error = sender.Receive();

        Assert.That((error.ErrorName, error.ReplySerial), Is.EqualTo((ErrorNames.ServiceUnknown, 0x01020304u)));
    }

    private const string BusName = "org.freedesktop.DBus";

    private WireMessage New() => new(1, isBigEndian) { Flags = 1 };

    private WireMessage Typical() => New().Path("/a").Interface("org.example.Interface").Member("Do").Destination(":1.1");

    private byte[] Body(int bytes)
    {
        byte[] content = new byte[bytes];
        new Random(bytes).NextBytes(content);
        return [.. New().UInt32((uint)bytes), .. content];
    }

    private (FakePeer First, FakePeer Second) Pair() => (Broker.Connect(), Broker.Connect());
}
