using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;
using XcpBroker.Protocol.Tests.Support;

namespace XcpBroker.Protocol.Tests.Messages;

[TestFixture]
internal sealed class MessageVectorTests
{
    [TestCaseSource(typeof(MessageVector), nameof(MessageVector.Valid))]
    public void A_valid_message_is_accepted(MessageVector vector) =>
        Assert.That(Verdict.Of(vector.Bytes), Is.EqualTo(MessageViolation.None));

    [TestCaseSource(typeof(MessageVector), nameof(MessageVector.Invalid))]
    public void An_invalid_message_breaks_the_rule_that_it_says(MessageVector vector) =>
        Assert.That(Verdict.Of(vector.Bytes), Is.EqualTo(vector.Expected));

    [TestCaseSource(typeof(MessageVector), nameof(MessageVector.Valid))]
    public void The_frame_is_known_as_soon_as_sixteen_bytes_are_there(MessageVector vector)
    {
        for (int cut = 0; cut <= vector.Bytes.Length; cut++)
        {
            FrameStatus status = MessageFramer.TryFrame(
                vector.Bytes.AsSpan(0, cut), ProtocolLimits.MaxMessageBytes, out int total, out MessageViolation violation);

            Assert.That(
                (status, total, violation),
                Is.EqualTo(cut < 16
                    ? (FrameStatus.NeedMoreData, 0, MessageViolation.None)
                    : (FrameStatus.Complete, vector.Bytes.Length, MessageViolation.None)),
                $"cut at {cut}");
        }
    }

    [TestCaseSource(typeof(MessageVector), nameof(MessageVector.Valid))]
    public void No_proper_prefix_of_a_message_is_a_message(MessageVector vector)
    {
        for (int cut = 0; cut < vector.Bytes.Length; cut++)
        {
            Assert.That(
                MessageHeader.TryParse(vector.Bytes.AsSpan(0, cut), out _), Is.EqualTo(MessageViolation.LengthMismatch), $"cut at {cut}");
        }
    }

    [TestCaseSource(typeof(MessageVector), nameof(MessageVector.Valid))]
    public void No_proper_prefix_of_a_body_is_a_body(MessageVector vector)
    {
        MessageHeader.TryParse(vector.Bytes, out MessageHeader header);
        for (int cut = 0; cut < header.BodyLength; cut++)
        {
            MessageViolation violation = BodyValidator.Validate(
                vector.Bytes.AsSpan(header.BodyOffset, cut), header.Signature.In(vector.Bytes), header.IsBigEndian);
            Assert.That(violation, Is.Not.EqualTo(MessageViolation.None), $"cut at {cut}");
        }
    }

    [TestCaseSource(typeof(MessageVector), nameof(MessageVector.Valid))]
    public void Fields_cut_inside_a_field_are_invalid(MessageVector vector)
    {
        MessageHeader.TryParse(vector.Bytes, out MessageHeader header);
        int[] ends = [0, .. FieldEnds(vector.Bytes, header)];
        for (int fields = 0; fields < header.FieldsLength; fields++)
        {
            byte[] cut = new byte[16 + ((fields + 7) & ~7)];
            vector.Bytes.AsSpan(0, 16 + fields).CopyTo(cut);
            cut[1] = 200;
            RawHeader.WriteLengths(cut, body: 0, (uint)fields);

            MessageViolation violation = MessageHeader.TryParse(cut, out _);

            bool isAccepted = violation is MessageViolation.None or MessageViolation.BodyMissing;
            Assert.That(isAccepted, Is.EqualTo(ends.Contains(fields)), $"cut at {fields}: {violation}");
        }
    }

    [TestCaseSource(typeof(MessageVector), nameof(MessageVector.Valid))]
    public void One_byte_more_or_less_than_the_lengths_say_is_no_message(MessageVector vector)
    {
        byte[] longer = [.. vector.Bytes, 0];

        Assert.That(MessageHeader.TryParse(longer, out _), Is.EqualTo(MessageViolation.LengthMismatch));
        Assert.That(MessageHeader.TryParse(longer.AsSpan(0, longer.Length - 2), out _), Is.EqualTo(MessageViolation.LengthMismatch));
    }

    [TestCaseSource(typeof(MessageVector), nameof(MessageVector.Valid))]
    public void Both_byte_orders_of_a_vector_have_the_same_values(MessageVector vector)
    {
        (byte[] little, byte[] big) = vector.Bytes[0] == (byte)'l'
            ? (vector.Bytes, vector.OtherOrder)
            : (vector.OtherOrder, vector.Bytes);

        Assert.That(OrderSwap.Message(little), Is.EqualTo(big));
    }

    [Test]
    public void Every_violation_has_a_vector_but_those_of_limits_and_file_descriptors()
    {
        MessageViolation[] withVector = [.. MessageVector.Invalid.Select(vector => vector.Expected).Distinct()];

        Assert.That(
            Enum.GetValues<MessageViolation>().Except(withVector),
            Is.EquivalentTo([MessageViolation.None, MessageViolation.MessageOverLimit, MessageViolation.UnixFdsMissing]));
    }

    private static IEnumerable<int> FieldEnds(byte[] message, MessageHeader header)
    {
        for (int at = 16; at < 16 + header.FieldsLength; at = (at + 7) & ~7)
        {
            at += LengthOfField(message.AsSpan(at), header.IsBigEndian);
            yield return at - 16;
        }
    }

    private static int LengthOfField(ReadOnlySpan<byte> field, bool isBigEndian)
    {
        WireReader reader = new(field, isBigEndian);
        reader.ReadByte();
        reader.SkipValue("v"u8);
        return reader.Position;
    }
}
