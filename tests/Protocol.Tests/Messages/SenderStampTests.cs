using System.Text;
using XcpBroker.Protocol.Messages;
using XcpBroker.Protocol.Tests.Support;

namespace XcpBroker.Protocol.Tests.Messages;

[TestFixture]
internal sealed class SenderStampTests
{
    // From one byte to the longest name: every remainder of 8 and both ends.
    private static IEnumerable<string> Senders =>
        [.. Enumerable.Range(1, 9).Select(digits => ":1." + new string('7', digits)), ":1." + new string('9', 252)];

    [TestCaseSource(typeof(MessageVector), nameof(MessageVector.Valid))]
    public void Nothing_but_sender_and_foreign_fields_changes(MessageVector vector)
    {
        foreach (string sender in Senders)
        {
            byte[] stamped = Stamp(vector.Bytes, sender);

            Assert.That(Verdict.Of(stamped), Is.EqualTo(MessageViolation.None));
            Assert.That(Fields(stamped), Is.EqualTo(Kept(vector.Bytes).Append((7, "s", sender))));
            Assert.That(FixedHeader(stamped), Is.EqualTo(FixedHeader(vector.Bytes)));
            Assert.That(Body(stamped), Is.EqualTo(Body(vector.Bytes)));
        }
    }

    [TestCaseSource(typeof(MessageVector), nameof(MessageVector.Valid))]
    public void Without_a_name_a_claimed_sender_is_only_removed(MessageVector vector)
    {
        byte[] stamped = Stamp(vector.Bytes, "");

        Assert.That(Verdict.Of(stamped), Is.EqualTo(MessageViolation.None));
        Assert.That(Fields(stamped), Is.EqualTo(Kept(vector.Bytes)));
    }

    [TestCaseSource(typeof(MessageVector), nameof(MessageVector.Valid))]
    public void What_lay_in_the_buffer_before_never_shows(MessageVector vector)
    {
        MessageHeader.TryParse(vector.Bytes, out MessageHeader header);
        byte[] dirty = new byte[SenderStamp.MaxLength(in header, 5)];
        Array.Fill(dirty, (byte)0xdd);

        int length = SenderStamp.Write(vector.Bytes, in header, ":1.23"u8, dirty);

        Assert.That(dirty.AsSpan(0, length).ToArray(), Is.EqualTo(Stamp(vector.Bytes, ":1.23").AsSpan(0, length).ToArray()));
        Assert.That(length % 8, Is.Zero);
    }

    [TestCaseSource(typeof(MessageVector), nameof(MessageVector.Valid))]
    public void Stamping_twice_is_stamping_once(MessageVector vector)
    {
        byte[] once = Stamp(vector.Bytes, ":1.5");

        Assert.That(Stamp(once, ":1.5"), Is.EqualTo(once));
    }

    [Test]
    public void The_head_of_a_message_is_enough()
    {
        byte[] message = MessageVector.Valid.Single(vector => vector.Name == "body-basic-types big").Bytes;
        MessageHeader.TryParse(message, out MessageHeader header);
        byte[] destination = new byte[SenderStamp.MaxLength(in header, 4)];

        int length = SenderStamp.Write(message.AsSpan(0, header.BodyOffset), in header, ":1.5"u8, destination);

        Assert.That(destination.AsSpan(0, length).ToArray(), Is.EqualTo(Stamp(message, ":1.5").AsSpan(0, length).ToArray()));
    }

    // Of a call with a head of 56 bytes: the field of ":1.1" is 13 bytes, with padding 16, which makes 72.
    [TestCase(ProtocolLimits.MaxMessageBytes - 72, true)]
    [TestCase(ProtocolLimits.MaxMessageBytes - 71, false)]
    public void A_message_that_the_sender_would_make_illegal_does_not_fit(int bodyLength, bool expected)
    {
        byte[] head = MessageVector.Valid.Single(vector => vector.Name == "body-array-bytes little").Bytes[..56];
        byte[] message = new byte[head.Length + bodyLength];
        head.CopyTo(message, 0);
        RawHeader.Write(message, 4, (uint)bodyLength);
        MessageViolation violation = MessageHeader.TryParse(message, out MessageHeader header);

        Assert.That((violation, header.BodyOffset, header.FieldsLength), Is.EqualTo((MessageViolation.None, 56, 40)));
        Assert.That(SenderStamp.Fits(in header, ":1.1".Length), Is.EqualTo(expected));
    }

    private static byte[] Stamp(byte[] message, string sender)
    {
        MessageHeader.TryParse(message, out MessageHeader header);
        byte[] stamped = new byte[SenderStamp.MaxLength(in header, sender.Length) + header.BodyLength];
        int length = SenderStamp.Write(message, in header, Encoding.ASCII.GetBytes(sender), stamped);
        message.AsSpan(header.BodyOffset).CopyTo(stamped.AsSpan(length));
        return stamped[..(length + header.BodyLength)];
    }

    private static byte[] FixedHeader(byte[] message) => message[..12];

    private static byte[] Body(byte[] message)
    {
        MessageHeader.TryParse(message, out MessageHeader header);
        return message[header.BodyOffset..];
    }

    private static IEnumerable<(int Code, string Type, string Value)> Kept(byte[] message) =>
        Fields(message).Where(field => field.Code is >= 1 and <= 9 and not 7);

    // A reader of its own: fields in their order, each value as text.
    private static List<(int Code, string Type, string Value)> Fields(byte[] message)
    {
        MessageHeader.TryParse(message, out MessageHeader header);
        Protocol.Marshalling.WireReader reader = new(message.AsSpan(0, 16 + header.FieldsLength), header.IsBigEndian);
        List<(int, string, string)> fields = [];
        reader.SkipValue("(tt)"u8);
        while (reader.MoreUntil(16 + header.FieldsLength))
        {
            reader.AlignStruct();
            int code = reader.ReadByte();
            ReadOnlySpan<byte> type = reader.ReadSignature();
            string value = type switch
            {
                [(byte)'s' or (byte)'o'] => Encoding.ASCII.GetString(reader.ReadString()),
                [(byte)'g'] => Encoding.ASCII.GetString(reader.ReadSignature()),
                [(byte)'u'] => reader.ReadUInt32().ToString(System.Globalization.CultureInfo.InvariantCulture),
                _ => "",
            };
            if (value.Length == 0 && type is not [(byte)'s' or (byte)'o' or (byte)'g'])
            {
                reader.SkipValue(type);
            }

            fields.Add((code, Encoding.ASCII.GetString(type), value));
        }

        Assert.That(reader.Failed, Is.False);
        return fields;
    }
}
