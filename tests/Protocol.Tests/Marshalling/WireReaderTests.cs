using System.Text;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Tests.Support;

namespace XcpBroker.Protocol.Tests.Marshalling;

[TestFixture]
internal sealed class WireReaderTests
{
    private const string Signature = "ybnqiuxtdsogayas(yu)a{ys}v";

    [TestCase(false)]
    [TestCase(true)]
    public void What_is_written_is_read(bool isBigEndian)
    {
        byte[] body = isBigEndian ? OrderSwap.Body(WriteAll(), Signature) : WriteAll();
        WireReader reader = new(body, isBigEndian);

        Assert.That(reader.ReadByte(), Is.EqualTo(0xfe));
        Assert.That(reader.ReadBoolean(), Is.True);
        Assert.That(reader.ReadInt16(), Is.EqualTo(-2));
        Assert.That(reader.ReadUInt16(), Is.EqualTo(65534));
        Assert.That(reader.ReadInt32(), Is.EqualTo(-3));
        Assert.That(reader.ReadUInt32(), Is.EqualTo(4_000_000_000));
        Assert.That(reader.ReadInt64(), Is.EqualTo(-4));
        Assert.That(reader.ReadUInt64(), Is.EqualTo(ulong.MaxValue - 4));
        Assert.That(reader.ReadDouble(), Is.EqualTo(-1.5));
        Assert.That(Text(reader.ReadString()), Is.EqualTo("é€😀"));
        Assert.That(Text(reader.ReadObjectPath()), Is.EqualTo("/a"));
        Assert.That(Text(reader.ReadSignature()), Is.EqualTo("a{sv}"));
        Assert.That(reader.ReadByteArray().SequenceEqual((ReadOnlySpan<byte>)[1, 2, 3]), Is.True);
        Assert.That(string.Join('|', ReadStrings(ref reader)), Is.EqualTo("x||yz"));
        reader.AlignStruct();
        Assert.That((reader.ReadByte(), reader.ReadUInt32()), Is.EqualTo((5, 6)));
        int end = reader.ReadArrayStart(8);
        reader.AlignStruct();
        Assert.That((reader.ReadByte(), Text(reader.ReadString()), reader.MoreUntil(end)), Is.EqualTo((7, "seven", false)));
        Assert.That((Text(reader.ReadSignature()), reader.ReadUInt32()), Is.EqualTo(("u", 8)));
        Assert.That(reader.AtEnd, Is.True);
    }

    [Test]
    public void Cut_anywhere_it_fails_and_stays_failed()
    {
        byte[] body = WriteAll();
        for (int cut = 0; cut < body.Length; cut++)
        {
            WireReader reader = new(body.AsSpan(0, cut), isBigEndian: false);
            SkipAll(ref reader);

            Assert.That(reader.Failed, Is.True, $"cut at {cut}");
            Assert.That(reader.AtEnd, Is.False);
            Assert.That((reader.ReadByte(), reader.ReadBoolean(), reader.ReadUInt32(), reader.ReadUInt64()), Is.EqualTo((0, false, 0, 0)));
            Assert.That(reader.ReadString().Length + reader.ReadSignature().Length + reader.ReadByteArray().Length, Is.Zero);
            Assert.That((reader.ReadArrayStart(8), reader.MoreUntil(int.MaxValue)), Is.EqualTo((0, false)));
        }
    }

    [Test]
    public void Skipping_every_value_ends_where_reading_does() =>
        CsCheck.Check.Sample(RandomBody.Gen, body =>
        {
            WireReader reader = new(body.Bytes, isBigEndian: false);
            byte[] signature = Encoding.ASCII.GetBytes(body.Signature);
            for (int at = 0; at < signature.Length;)
            {
                int next = Protocol.Marshalling.Signature.SkipType(signature, at);
                reader.SkipValue(signature.AsSpan(at, next - at));
                at = next;
            }

            return reader.AtEnd;
        });

    [TestCase("")]
    [TestCase("z")]
    [TestCase("a")]
    [TestCase("{sv}")]
    [TestCase("(z)")]
    public void Skipping_what_is_no_type_fails(string type)
    {
        WireReader reader = new(new byte[64], isBigEndian: false);

        reader.SkipValue(Encoding.ASCII.GetBytes(type));

        Assert.That(reader.Failed, Is.True);
    }

    [TestCase(new byte[] { 2, 0, 0, 0 })]
    [TestCase(new byte[] { 0, 0, 0, 1 })]
    public void A_boolean_is_0_or_1(byte[] bytes)
    {
        WireReader reader = new(bytes, isBigEndian: false);

        Assert.That((reader.ReadBoolean(), reader.Failed), Is.EqualTo((false, true)));
    }

    [TestCase(new byte[] { 1, 0, 0, 0, (byte)'a', (byte)'b' }, Description = "no NUL")]
    [TestCase(new byte[] { 2, 0, 0, 0, (byte)'a', 0 }, Description = "too long")]
    [TestCase(new byte[] { 0xff, 0xff, 0xff, 0xff, (byte)'a', 0 }, Description = "would overflow")]
    public void A_string_ends_with_a_NUL_within_the_body(byte[] bytes)
    {
        WireReader reader = new(bytes, isBigEndian: false);

        Assert.That((reader.ReadString().Length, reader.Failed), Is.EqualTo((0, true)));
    }

    [Test]
    public void An_array_ends_within_the_body()
    {
        WireReader reader = new(new byte[] { 5, 0, 0, 0, 1, 2, 3, 4 }, isBigEndian: false);

        Assert.That((reader.ReadArrayStart(1), reader.Failed), Is.EqualTo((0, true)));
    }

    private static byte[] WriteAll()
    {
        WireWriter writer = new();
        writer.WriteByte(0xfe);
        writer.WriteBoolean(true);
        writer.WriteInt16(-2);
        writer.WriteUInt16(65534);
        writer.WriteInt32(-3);
        writer.WriteUInt32(4_000_000_000);
        writer.WriteInt64(-4);
        writer.WriteUInt64(ulong.MaxValue - 4);
        writer.WriteDouble(-1.5);
        writer.WriteString("é€😀");
        writer.WriteObjectPath("/a"u8);
        writer.WriteSignature("a{sv}"u8);
        writer.WriteByteArray([1, 2, 3]);
        int strings = writer.BeginArray(elementAlignment: 4);
        writer.WriteString("x");
        writer.WriteString("");
        writer.WriteString("yz"u8);
        writer.EndArray(strings);
        writer.BeginStruct();
        writer.WriteByte(5);
        writer.WriteUInt32(6);
        int dictionary = writer.BeginArray(elementAlignment: 8);
        writer.BeginStruct();
        writer.WriteByte(7);
        writer.WriteString("seven");
        writer.EndArray(dictionary);
        writer.WriteVariantUInt32(8);
        return writer.Written.ToArray();
    }

    private static List<string> ReadStrings(ref WireReader reader)
    {
        List<string> strings = [];
        for (int end = reader.ReadArrayStart(4); reader.MoreUntil(end);)
        {
            strings.Add(Text(reader.ReadString()));
        }

        return strings;
    }

    private static void SkipAll(ref WireReader reader)
    {
        byte[] signature = Encoding.ASCII.GetBytes(Signature);
        for (int at = 0; at < signature.Length;)
        {
            int next = Protocol.Marshalling.Signature.SkipType(signature, at);
            reader.SkipValue(signature.AsSpan(at, next - at));
            at = next;
        }
    }

    private static string Text(ReadOnlySpan<byte> utf8) => StrictUtf8.Instance.GetString(utf8);
}
