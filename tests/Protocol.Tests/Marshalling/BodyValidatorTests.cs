using System.Text;
using CsCheck;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;
using XcpBroker.Protocol.Tests.Support;

namespace XcpBroker.Protocol.Tests.Marshalling;

[TestFixture]
internal sealed class BodyValidatorTests
{
    [Test]
    public void What_is_written_is_valid_in_both_byte_orders() =>
        RandomBody.Gen.Sample(body =>
            Validate(body.Bytes, body.Signature, isBigEndian: false) == MessageViolation.None
            && Validate(OrderSwap.Body(body.Bytes, body.Signature), body.Signature, isBigEndian: true) == MessageViolation.None);

    [Test]
    public void No_proper_prefix_of_what_is_written_is_valid() =>
        RandomBody.Gen.Select(Gen.Double[0, 1]).Sample((body, part) =>
            Validate(body.Bytes.AsSpan(0, (int)(body.Bytes.Length * part)), body.Signature, isBigEndian: false) != MessageViolation.None
            || (int)(body.Bytes.Length * part) == body.Bytes.Length);

    [Test]
    public void One_byte_more_is_one_too_many() =>
        RandomBody.Gen.Sample(body =>
            Validate([.. body.Bytes, 0], body.Signature, isBigEndian: false) == MessageViolation.TrailingBytes);

    [Test]
    public void No_bytes_and_no_signature_make_it_throw() =>
        Gen.Byte.Array[0, 64].Select(Gen.Char["aasvy({}otbg)"].Array[0, 8], Gen.Bool).Sample((bytes, codes, isBigEndian) =>
        {
            _ = Validate(bytes, new string(codes), isBigEndian);
            bytes.AsSpan().Clear();
            _ = Validate(bytes, new string(codes), isBigEndian);
        });

    [Test]
    public void A_signature_that_is_known_to_be_valid_changes_no_verdict() =>
        RandomBody.Gen.Select(Gen.Int[0, 1000], Gen.Byte).Sample((body, place, value) =>
        {
            byte[] changed = [.. body.Bytes];
            if (changed.Length > 0)
            {
                changed[place % changed.Length] = value;
            }

            return Validate(changed, body.Signature, isBigEndian: false)
                == BodyValidator.Validate(changed, Encoding.ASCII.GetBytes(body.Signature), isBigEndian: false, isSignatureValid: true);
        });

    [TestCase("ay", 1)]
    [TestCase("ai", 4)]
    [TestCase("ax", 8)]
    public void An_array_of_fixed_size_ends_where_its_length_says(string signature, int size)
    {
        for (int length = 0; length <= 24; length++)
        {
            byte[] body = new byte[8 + 24 + 1];
            body[0] = (byte)length;
            int start = Math.Max(4, size);
            MessageViolation expected = length % size != 0 ? MessageViolation.ArrayLengthWrong : MessageViolation.None;

            Assert.That(Validate(body.AsSpan(0, start + length), signature, isBigEndian: false), Is.EqualTo(expected), $"{length}");
            Assert.That(Validate(body.AsSpan(0, start + length + 1), signature, isBigEndian: false), Is.Not.EqualTo(MessageViolation.None));
            Assert.That(length == 0 ? MessageViolation.ValueOutOfBounds : Validate(body.AsSpan(0, start + length - 1), signature, isBigEndian: false), Is.Not.EqualTo(MessageViolation.None));
        }
    }

    [TestCase("ayz", MessageViolation.SignatureMalformed)]
    [TestCase("aya", MessageViolation.SignatureMalformed)]
    [TestCase("aye", MessageViolation.SignatureMalformed)]
    [TestCase("a", MessageViolation.SignatureMalformed)]
    public void What_follows_an_array_of_fixed_size_must_be_a_signature_too(string signature, MessageViolation expected) =>
        Assert.That(Validate(new byte[8], signature, isBigEndian: false), Is.EqualTo(expected));

    [Test]
    public void A_body_of_no_signature_is_empty()
    {
        Assert.That(Validate([], "", isBigEndian: false), Is.EqualTo(MessageViolation.None));
        Assert.That(Validate([0], "", isBigEndian: false), Is.EqualTo(MessageViolation.TrailingBytes));
    }

    [TestCase("z")]
    [TestCase("yz")]
    [TestCase("a")]
    [TestCase("y()")]
    [TestCase("{sv}")]
    public void What_is_no_signature_has_no_body(string signature) =>
        Assert.That(Validate(new byte[64], signature, isBigEndian: false), Is.EqualTo(MessageViolation.SignatureMalformed));

    [Test]
    public void A_signature_of_256_bytes_has_no_body() =>
        Assert.That(Validate(new byte[256], new string('y', 256), isBigEndian: false), Is.EqualTo(MessageViolation.SignatureMalformed));

    [Test]
    public void An_array_of_64_MiB_is_valid_and_one_byte_more_is_not()
    {
        byte[] body = new byte[4 + ProtocolLimits.MaxArrayBytes + 1];
        RawHeader.Write(body, 0, ProtocolLimits.MaxArrayBytes);
        Assert.That(Validate(body.AsSpan(0, body.Length - 1), "ay", isBigEndian: false), Is.EqualTo(MessageViolation.None));

        RawHeader.Write(body, 0, ProtocolLimits.MaxArrayBytes + 1);
        Assert.That(Validate(body, "ay", isBigEndian: false), Is.EqualTo(MessageViolation.ArrayTooLong));
    }

    [Test]
    public void The_deepest_values_need_little_stack()
    {
        // Each of 63 variants holds a struct with a signature of many bytes; a variant in a variant costs most.
        WireWriter writer = new();
        for (int i = 0; i < 31; i++)
        {
            writer.WriteVariantSignature("(" + new string('y', 200) + "v)");
            writer.BeginStruct();
            for (int y = 0; y < 200; y++)
            {
                writer.WriteByte(0);
            }
        }

        writer.WriteVariantSignature("y");
        writer.WriteByte(1);
        byte[] body = writer.Written.ToArray();

        Assert.That(OnThreadOf(192 * 1024, () => Validate(body, "v", isBigEndian: false)), Is.EqualTo(MessageViolation.None));
    }

    [Test]
    public void Many_empty_arrays_of_a_long_type_are_valid()
    {
        string signature = "aa(" + new string('y', 250) + ")";
        byte[] body = new byte[8 + (1 << 20)];
        RawHeader.Write(body, 0, (1 << 20) + 4);

        Assert.That(Validate(body, signature, isBigEndian: false), Is.EqualTo(MessageViolation.None));
    }

    private static MessageViolation OnThreadOf(int stackBytes, Func<MessageViolation> judge)
    {
        MessageViolation violation = MessageViolation.TypeZero;
        Thread thread = new(() => violation = judge(), stackBytes);
        thread.Start();
        thread.Join();
        return violation;
    }

    private static MessageViolation Validate(ReadOnlySpan<byte> body, string signature, bool isBigEndian) =>
        BodyValidator.Validate(body, Encoding.ASCII.GetBytes(signature), isBigEndian);
}
