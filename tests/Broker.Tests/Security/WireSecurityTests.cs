using System.Buffers.Binary;
using XcpBroker.Broker.Tests.Bus;
using XcpBroker.Peers.Raw;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Security;

/// <summary>Messages that have ended brokers and libraries; docs/security-history.md has the rows.</summary>
internal sealed class WireSecurityTests : BusFixture
{
    private const string Bus = "org.freedesktop.DBus";
    private static readonly string[] SameRuleTwice = ["member='Tick'", "member='Tick'"];

    [TestCase(64, false)]
    [TestCase(65, true)]
    [TestCase(100_000, true)]
    public void CVE_2010_4352_variants_within_each_other(int depth, bool isClosed)
    {
        FakePeer receiver = Broker.Connect();
        FakePeer sender = Broker.Connect();
        List<byte> body = [];
        for (int level = 1; level < depth; level++)
        {
            body.AddRange("\u0001v\0"u8);
        }

        body.AddRange("\u0001y\0\u0007"u8);
        sender.SendRaw(WireMessage.Call(receiver.UniqueName, "Do").Signature("v").Build([.. body]));
        sender.ReceiveRaw();

        Assert.That((sender.IsClosed, receiver.ReceiveAll().Count), Is.EqualTo((isClosed, isClosed ? 0 : 1)));
    }

    [Test]
    public void CVE_2011_2200_the_other_byte_order_is_relayed_and_understood()
    {
        FakePeer receiver = Broker.Connect();
        FakePeer sender = Broker.Connect();
        WireMessage call = new WireMessage(1, isBigEndian: true) { Serial = 50 }
            .Sender(":1.99").Path("/a").Member("Do").Destination(receiver.UniqueName).Signature("u");
        sender.SendRaw(call.Build(call.UInt32(7)));
        PeerMessage relayed = receiver.Receive();
        Assert.That((relayed.IsBigEndian, relayed.Sender, relayed.Member), Is.EqualTo((true, sender.UniqueName, "Do")));
        Assert.That(BinaryPrimitives.ReadUInt32BigEndian(relayed.Body), Is.EqualTo(7));

        WireMessage question = new WireMessage(1, isBigEndian: true) { Serial = 51 }
            .Path("/org/freedesktop/DBus").Interface(Bus).Member("NameHasOwner").Destination(Bus).Signature("s");
        sender.SendRaw(question.Build([.. question.UInt32(4), .. ":1.0\0"u8]));
        Assert.That(sender.ReceiveReply(51).ArgumentsText(), Is.EqualTo("true"));
    }

    [Test]
    public void CVE_2013_2168_texts_of_two_mebibytes_fill_neither_the_answer_nor_the_log()
    {
        FakePeer peer = Broker.Connect();
        string text = new('%', 2 << 20);

        Assert.That(peer.Ask("AddMatch", text).FirstString, Has.Length.LessThan(2000));
        Assert.That(peer.Ask("GetNameOwner", text).FirstString, Has.Length.LessThan(2000));
        Assert.That(Broker.Log.Lines, Has.All.Matches<(Microsoft.Extensions.Logging.LogLevel Level, string Text)>(line => line.Text.Length < 2000));
    }

    [TestCase("a{i)(i}")]
    [TestCase("a{s(}s)")]
    [TestCase("(a{si)}")]
    [TestCase("a{si)")]
    [TestCase("a(si}")]
    public void CVE_2022_42010_brackets_that_cross(string signature)
    {
        Assert.That(Ends(signature, new byte[8]), Is.True);
        Assert.That(Broker.Log.Lines.Select(line => line.Text), Has.Some.EndsWith("InvalidMessage (The SIGNATURE field is not a valid signature.)"));
    }

    [TestCase("at", 12)]
    [TestCase("au", 6)]
    [TestCase("ab", 3)]
    [TestCase("ax", 4)]
    public void CVE_2022_42011_an_array_whose_length_is_no_multiple_of_its_elements(string signature, int length)
    {
        byte[] body = new byte[8 + length];
        body[0] = (byte)length;
        Assert.That(Ends(signature, signature is "at" or "ax" ? body : body[..(4 + length)]), Is.True);
        Assert.That(Broker.Log.Lines.Select(line => line.Text), Has.Some.EndsWith("InvalidMessage (The length of an array is not that of its elements.)"));
    }

    [Test]
    public void CVE_2019_6454_a_path_of_250_KiB()
    {
        FakePeer receiver = Broker.Connect();
        FakePeer sender = Broker.Connect();
        string path = "/" + new string('a', 250 << 10);
        sender.SendRaw(new WireMessage(1) { Serial = 50 }.Path(path).Member("Do").Destination(receiver.UniqueName).Build());
        sender.SendRaw(new WireMessage(1) { Serial = 51 }.Path(path).Member("Do").Destination(Bus).Build());

        Assert.That(receiver.Receive().Path, Is.EqualTo(path));
        Assert.That(sender.ReceiveReply(51).FirstString, Has.Length.LessThan(2000));
    }

    [Test]
    public void CVE_2020_1712_a_reply_to_a_caller_that_is_gone()
    {
        FakePeer callee = Broker.Connect();
        FakePeer caller = Broker.Connect();
        caller.CallPeer(callee.UniqueName, "Do");
        PeerMessage call = callee.Receive();
        caller.Close();
        callee.Reply(call, "late");

        Assert.That(callee.Hear(), Is.Empty);
        Assert.That(Broker.Bus.Replies.Count, Is.Zero);
    }

    [Test]
    public void Dbus_broker_v28_a_monitor_with_the_same_rule_twice()
    {
        FakePeer monitor = Broker.Connect();
        monitor.CallOn(Bus, "/org/freedesktop/DBus", "org.freedesktop.DBus.Monitoring", "BecomeMonitor", SameRuleTwice, 0u);
        monitor.ReceiveAll();
        FakePeer sender = Broker.Connect();
        sender.Emit("Tick");
        Assert.That(monitor.Hear(), Is.EqualTo(["Tick()"]));
        monitor.Close();
        sender.Emit("Tick");

        Assert.That(Broker.Bus.Monitors.Rules.Count, Is.Zero);
    }

    [Test]
    public void Dbus_broker_v32_a_body_that_ends_anywhere()
    {
        FakePeer other = Broker.Connect();
        WireMessage call = new WireMessage(1).Path("/org/freedesktop/DBus").Interface(Bus).Member("RequestName").Destination(Bus).Signature("su");
        byte[] body = [.. call.UInt32(13), .. "org.example.A\0"u8, 0, 0, .. call.UInt32(0)];
        for (int length = 0; length < body.Length; length++)
        {
            FakePeer peer = Broker.Connect();
            peer.SendRaw(call.Build(body.AsSpan(0, length)));
            peer.ReceiveRaw();
            Assert.That(peer.IsClosed, Is.True, $"{length} of {body.Length} bytes");
        }

        Assert.That(other.AskWell("NameHasOwner", "org.example.A").ArgumentsText(), Is.EqualTo("false"));
    }

    [Test]
    public void GHSA_xrw6_gwf8_vvr9_nothing_that_a_peer_sends_is_an_exception()
    {
        FakePeer other = Broker.Connect();
        byte[] valid = new WireMessage(1).Path("/a").Interface("a.b").Member("Do").Destination(other.UniqueName).Signature("as")
            .Build([14, 0, 0, 0, 1, 0, 0, 0, (byte)'x', 0, 0, 0, 1, 0, 0, 0, (byte)'y', 0]);
        for (int place = 0; place < valid.Length; place++)
        {
            foreach (byte value in (byte[])[0, 1, 0x7f, 0x80, 0xff])
            {
                byte[] changed = [.. valid];
                changed[place] = value;
                FakePeer peer = Broker.Connect();
                peer.SendRaw(changed);
                peer.Close();
            }
        }

        other.ReceiveAll();
        Assert.That(other.Ask("GetId").ErrorName, Is.Null);
    }

    /// <summary>Whether a call with this body ends its sender, and nobody else.</summary>
    private bool Ends(string signature, ReadOnlySpan<byte> body)
    {
        FakePeer receiver = Broker.Connect();
        FakePeer sender = Broker.Connect();
        sender.SendRaw(WireMessage.Call(receiver.UniqueName, "Do").Signature(signature).Build(body));
        sender.ReceiveRaw();
        Assert.That(receiver.Hear(), Is.Empty);
        Assert.That(receiver.IsClosed, Is.False);
        return sender.IsClosed;
    }
}
