using System.Text;
using CsCheck;
using XcpBroker.Fuzz.Corpus;
using XcpBroker.Xenstore;

namespace XcpBroker.Broker.Tests.Xenstore;

/// <summary>The wire of xenstore, as the vectors have it.</summary>
internal sealed class XenstorePacketTests
{
    [TestCase("read", XenstoreType.Read, 7u, 0u, "xcp-bus/address\0")]
    [TestCase("read-answer", XenstoreType.Read, 7u, 0u, "tcp:x")]
    [TestCase("write", XenstoreType.Write, 8u, 9u, "a/b\0value")]
    [TestCase("set-permissions", XenstoreType.SetPermissions, 9u, 9u, "a/b\0n0\0r5\0")]
    [TestCase("error", XenstoreType.Error, 7u, 0u, "ENOENT\0")]
    [TestCase("watch-event", XenstoreType.WatchEvent, 0u, 0u, "@releaseDomain\0release\0")]
    [TestCase("empty", XenstoreType.Read, 7u, 0u, "")]
    public void Every_vector_is_read_and_written(string vector, object type, uint request, uint transaction, string payload)
    {
        byte[] bytes = Vector(vector);

        Assert.That(XenstorePacket.TryRead([.. bytes, 1, 2, 3], out XenstorePacket packet, out int length), Is.EqualTo(XenstoreFrame.Complete));
        Assert.That(length, Is.EqualTo(bytes.Length));
        Assert.That((packet.Type, packet.RequestId, packet.Transaction), Is.EqualTo(((XenstoreType)type, request, transaction)));
        Assert.That(Encoding.ASCII.GetString(packet.Payload.Span), Is.EqualTo(payload));
        Assert.That(packet.ToBytes(), Is.EqualTo(bytes));
    }

    [Test]
    public void Every_proper_prefix_needs_more([Values("read", "write", "error", "empty")] string vector)
    {
        byte[] bytes = Vector(vector);

        Assert.That(
            Enumerable.Range(0, bytes.Length).Where(length => XenstorePacket.TryRead(bytes.AsSpan(0, length), out _, out _) != XenstoreFrame.NeedMoreData),
            Is.Empty);
    }

    [TestCase("too-long")]
    [TestCase("length-highest")]
    public void A_length_beyond_the_limit_is_never_waited_for(string vector) =>
        Assert.That(XenstorePacket.TryRead(Vector(vector), out _, out _), Is.EqualTo(XenstoreFrame.TooLong));

    [Test]
    public void The_longest_packet_is_one()
    {
        XenstorePacket longest = new(XenstoreType.Read, 1, 0, new byte[XenstorePacket.MaxPayload]);

        Assert.That(XenstorePacket.TryRead(longest.ToBytes(), out _, out int length), Is.EqualTo(XenstoreFrame.Complete));
        Assert.That(length, Is.EqualTo(XenstorePacket.MaxSize));
    }

    [Test]
    public void No_bytes_make_it_throw_or_take_more_than_there_is() => Gen.Byte.Array[0, 64].Sample(bytes =>
        XenstorePacket.TryRead(bytes, out XenstorePacket packet, out int length) != XenstoreFrame.Complete
        || (length <= bytes.Length && packet.ToBytes().AsSpan().SequenceEqual(bytes.AsSpan(0, length))));

    [Test]
    public void What_is_joined_is_split() => Gen.String[Gen.Char['!', 'ÿ'], 0, 10].Array[0, 5].Sample(texts =>
        XenstoreText.Split(XenstoreText.Join(texts)).SequenceEqual(texts));

    [TestCase("n0", XenstoreAccess.None, 0u)]
    [TestCase("r5", XenstoreAccess.Read, 5u)]
    [TestCase("w4294967295", XenstoreAccess.Write, uint.MaxValue)]
    [TestCase("b12", XenstoreAccess.Both, 12u)]
    public void A_permission(string text, object access, uint domid)
    {
        Assert.That(XenstorePermission.TryParse(text, out XenstorePermission? read), Is.True);
        Assert.That(read, Is.EqualTo(new XenstorePermission((XenstoreAccess)access, domid)));
        Assert.That(read.ToString(), Is.EqualTo(text));
    }

    [TestCase("")]
    [TestCase("n")]
    [TestCase("x5")]
    [TestCase("r-5")]
    [TestCase("r 5")]
    [TestCase("r4294967296")]
    public void No_permission(string text) => Assert.That(XenstorePermission.TryParse(text, out _), Is.False);

    [TestCase("/local/domain/5/vm", true)]
    [TestCase("xcp-bus/address", true)]
    [TestCase("@releaseDomain", true)]
    [TestCase("/", true)]
    [TestCase("", false)]
    [TestCase("/a//b", false)]
    [TestCase("/a/", false)]
    [TestCase("/a b", false)]
    [TestCase("/ä", false)]
    [TestCase("/a\0b", false)]
    public void A_path(string path, bool isValid) => Assert.That(XenstorePath.IsValid(path), Is.EqualTo(isValid));

    [TestCase("/", 3071, true)]
    [TestCase("/", 3072, false)]
    [TestCase("", 2048, true)]
    [TestCase("", 2049, false)]
    public void A_path_has_an_end(string begin, int letters, bool isValid) =>
        Assert.That(XenstorePath.IsValid(begin + new string('a', letters)), Is.EqualTo(isValid));

    [TestCase("0", 0u)]
    [TestCase("32751", 32751u)]
    [TestCase("32752", null)]
    [TestCase("05", null)]
    [TestCase("-1", null)]
    [TestCase("", null)]
    [TestCase("5x", null)]
    public void A_domid(string text, uint? expected)
    {
        uint? read = XenstorePath.TryParseDomid(text, out uint domid) ? domid : null;
        Assert.That(read, Is.EqualTo(expected));
    }

    private static byte[] Vector(string name) =>
        HexVector.Parse(File.ReadAllText(VectorFolder.Files($"xenstore/{name}.hex").Single()), isBigEndian: false);
}
