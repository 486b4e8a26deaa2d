using XcpBroker.Fuzz.Corpus;
using XcpBroker.Peers.Raw;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Properties;

/// <summary>Whatever bytes a peer sends, only that peer can end of it, and what the bus passes on is valid.</summary>
internal sealed class ChaosTests : BusFixture
{
    private static readonly string[] Lines =
    [
        "AUTH", "AUTH EXTERNAL", "AUTH EXTERNAL 31303030", "DATA", "DATA 31303030", "CANCEL", "ERROR", "BEGIN", "NEGOTIATE_UNIX_FD", "\0", "", "AUTH \u0001",
        "auth external", "EXTENSION_A", "DATA zz",
    ];

    private static byte[][] Valid => [.. Vectors("messages/valid")];

    [Test]
    public void Vectors_whole_and_cut_and_mutated([Range(1, 6)] int seed)
    {
        byte[][] valid = Valid;
        byte[][] all = [.. valid, .. Vectors("messages/invalid")];
        Random random = new(seed);
        FakePeer bystander = Broker.Connect(socketBuffer: int.MaxValue);
        bystander.AddMatch("");
        bystander.RequestName("org.example.Name");
        for (int round = 0; round < 400; round++)
        {
            FakePeer peer = Broker.Connect();
            byte[] bytes = Mutate(random, [.. valid[random.Next(valid.Length)], .. all[random.Next(all.Length)], .. valid[random.Next(valid.Length)]]);
            for (int at = 0; at < bytes.Length;)
            {
                int length = Math.Min(bytes.Length - at, random.Next(1, 400));
                peer.SendRaw(bytes.AsSpan(at, length));
                at += length;
            }

            peer.Close();
            CheckHeard(bystander);
        }

        Assert.That(bystander.Ask("GetId").FirstString, Is.EqualTo(InMemoryBroker.Id));
        Assert.That(Broker.Bus.ConnectionCount, Is.EqualTo(1));
    }

    [Test]
    public void Valid_vectors_end_nobody()
    {
        FakePeer peer = Broker.Connect(socketBuffer: int.MaxValue);
        foreach (byte[] message in Valid.Where(message => message.Length < 1 << 20))
        {
            peer.SendRaw(message);
            peer.ReceiveRaw();
            Assert.That(peer.IsClosed, Is.False, Convert.ToHexString(message));
        }
    }

    [Test]
    public void Invalid_vectors_end_their_sender()
    {
        foreach (byte[] message in Vectors("messages/invalid"))
        {
            FakePeer peer = Broker.Connect();
            peer.SendRaw(message);
            peer.SendRaw(new byte[64]);
            peer.ReceiveRaw();
            Assert.That(peer.IsClosed, Is.True, Convert.ToHexString(message));
        }
    }

    [Test]
    public void Handshakes_of_any_lines_in_any_pieces([Range(1, 4)] int seed)
    {
        Random random = new(seed);
        for (int round = 0; round < 500; round++)
        {
            FakePeer peer = Broker.Accept();
            string text = "\0" + string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => Lines[random.Next(Lines.Length)] + (random.Next(8) == 0 ? "\n" : "\r\n")));
            byte[] bytes = Mutate(random, System.Text.Encoding.Latin1.GetBytes(text));
            for (int at = 0; at < bytes.Length; at++)
            {
                peer.SendRaw(bytes.AsSpan(at, 1));
            }

            peer.ReceiveRaw();
            peer.Close();
        }

        Assert.That(Broker.Leftovers(), Is.Empty);
    }

    private static byte[] Mutate(Random random, byte[] bytes)
    {
        for (int i = random.Next(4); i > 0; i--)
        {
            bytes[random.Next(bytes.Length)] = (byte)(random.Next(3) == 0 ? random.Next(256) : 1 << random.Next(8));
        }

        return random.Next(5) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }

    private static void CheckHeard(FakePeer bystander)
    {
        foreach (PeerMessage message in bystander.ReceiveAll())
        {
            Assert.That(MessageHeader.TryParse(message.Bytes, out MessageHeader header), Is.EqualTo(MessageViolation.None));
            Assert.That(
                BodyValidator.Validate(message.Body, header.Signature.In(message.Bytes), header.IsBigEndian), Is.EqualTo(MessageViolation.None));
            Assert.That(message.Sender, Does.StartWith(":1.").Or.EqualTo("org.freedesktop.DBus"));
        }
    }

    private static IEnumerable<byte[]> Vectors(string folder)
    {
        foreach (string file in VectorFolder.Files(folder, "*.hex"))
        {
            string text = File.ReadAllText(file);
            yield return HexVector.Parse(text, isBigEndian: false);
            yield return HexVector.Parse(text, isBigEndian: true);
        }
    }
}
