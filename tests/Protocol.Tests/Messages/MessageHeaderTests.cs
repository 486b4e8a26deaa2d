using System.Text;
using CsCheck;
using XcpBroker.Protocol.Messages;
using XcpBroker.Protocol.Tests.Support;

namespace XcpBroker.Protocol.Tests.Messages;

[TestFixture]
internal sealed class MessageHeaderTests
{
    private static readonly MessageFields EveryField = new()
    {
        Type = MessageType.Error,
        Flags = MessageFlags.NoReplyExpected | (MessageFlags)0x80,
        Path = "/a/b",
        Interface = "org.example.Interface",
        Member = "Member",
        ErrorName = "org.example.Error.Failed",
        ReplySerial = 0x01020304,
        Destination = "org.example.Destination",
        Sender = ":1.7",
        Signature = "u",
        UnixFds = 3,
    };

    [TestCase(false)]
    [TestCase(true)]
    public void Every_field_is_found(bool isBigEndian)
    {
        byte[] message = Build(EveryField, serial: 0x0a0b0c0d, isBigEndian);

        MessageViolation violation = MessageHeader.TryParse(message, out MessageHeader header);

        Assert.That(violation, Is.EqualTo(MessageViolation.None));
        Assert.That(Read(message, header), Is.EqualTo(EveryField));
        Assert.That(header.Serial, Is.EqualTo(0x0a0b0c0d));
        Assert.That((header.IsBigEndian, header.BodyLength, header.TotalLength), Is.EqualTo((isBigEndian, 4, message.Length)));
        Assert.That(header.HasForeignFields, Is.False);
    }

    [Test]
    public void Absent_fields_are_absent_and_empty()
    {
        byte[] message = Build(new MessageFields { Type = MessageType.MethodReturn, ReplySerial = 1 }, serial: 1, isBigEndian: false);

        MessageHeader.TryParse(message, out MessageHeader header);

        Assert.That(header.Path.IsPresent, Is.False);
        Assert.That(header.Path.In(message).IsEmpty, Is.True);
        Assert.That(header.Signature.In(message).IsEmpty, Is.True);
        Assert.That(header.UnixFds, Is.Zero);
    }

    [TestCase((byte)4, MessageType.Signal)]
    [TestCase((byte)5, MessageType.Invalid)]
    [TestCase((byte)255, MessageType.Invalid)]
    public void A_type_of_later_protocols_is_kept_and_has_no_name(byte raw, MessageType expected)
    {
        byte[] message = Build(EveryField, serial: 1, isBigEndian: false);
        message[1] = raw;

        Assert.That(MessageHeader.TryParse(message, out MessageHeader header), Is.EqualTo(MessageViolation.None));
        Assert.That((header.RawType, header.Type), Is.EqualTo((raw, expected)));
    }

    [TestCase(MessageType.MethodCall, MessageFlags.None, true)]
    [TestCase(MessageType.MethodCall, MessageFlags.NoReplyExpected, false)]
    [TestCase(MessageType.MethodCall, MessageFlags.NoAutoStart | MessageFlags.AllowInteractiveAuthorization, true)]
    [TestCase(MessageType.Signal, MessageFlags.None, false)]
    [TestCase(MessageType.Error, MessageFlags.None, false)]
    public void Only_a_call_may_expect_a_reply(MessageType type, MessageFlags flags, bool expected)
    {
        byte[] message = Build(EveryField with { Type = type, Flags = flags }, serial: 1, isBigEndian: false);

        MessageHeader.TryParse(message, out MessageHeader header);

        Assert.That(header.ExpectsReply, Is.EqualTo(expected));
    }

    [TestCase("foreign-field-code-10")]
    [TestCase("foreign-field-struct")]
    [TestCase("foreign-field-twice")]
    public void Foreign_fields_are_noticed(string vector)
    {
        byte[] message = MessageVector.Valid.Single(candidate => candidate.Name == vector + " big").Bytes;

        MessageHeader.TryParse(message, out MessageHeader header);

        Assert.That(header.HasForeignFields, Is.True);
    }

    [Test]
    public void No_bytes_make_it_throw() =>
        Gen.Byte.Array[0, 200].Sample(bytes =>
        {
            bytes.AsSpan(0, Math.Min(4, bytes.Length)).Fill(1);
            if (bytes.Length >= 16)
            {
                bytes[0] = (byte)'l';
                RawHeader.WriteLengths(bytes, 0, (uint)(bytes.Length - 16));
            }

            Verdict.Of(bytes);
        });

    [Test]
    public void Changing_any_one_byte_of_a_valid_message_never_makes_it_throw() => Assert.That(JudgeAllNeighbours, Throws.Nothing);

    [Test]
    public void Reading_and_writing_a_message_gives_the_same_bytes() =>
        RandomBody.Gen.Select(Gen.Byte, Gen.UInt, Gen.Bool, Gen.Bool, (body, flags, number, hasInterface, hasDestination) =>
            (Body: body, Fields: new MessageFields
            {
                Type = (MessageType)(1 + (number % 4)),
                Flags = (MessageFlags)flags,
                Path = "/p/" + number,
                Interface = hasInterface || number % 4 == 3 ? "i.f" + number : null,
                Member = "M" + number,
                ErrorName = "e.n" + number,
                ReplySerial = number | 1,
                Destination = hasDestination ? ":1." + number : null,
                Sender = hasInterface ? "s.n" : null,
                Signature = body.Signature,
                UnixFds = number % 3,
            }))
        .Sample(made =>
        {
            MessageBuilder builder = new();
            byte[] message = Write(builder, made.Fields, made.Body.Bytes);
            MessageHeader.TryParse(message, out MessageHeader header);

            byte[] again = Write(builder, Read(message, header), message.AsSpan(header.BodyOffset));

            return again.AsSpan().SequenceEqual(message);
        });

    private static byte[] Write(MessageBuilder builder, in MessageFields fields, ReadOnlySpan<byte> body)
    {
        builder.Begin(in fields);
        foreach (byte b in body)
        {
            builder.Body.WriteByte(b);
        }

        return builder.Finish(77).ToArray();
    }

    private static byte[] Build(in MessageFields fields, uint serial, bool isBigEndian)
    {
        MessageBuilder builder = new();
        builder.Begin(in fields);
        if (fields.Signature == "u")
        {
            builder.Body.WriteUInt32(5);
        }

        byte[] message = builder.Finish(serial).ToArray();
        return isBigEndian ? OrderSwap.Message(message) : message;
    }

    private static MessageFields Read(byte[] message, MessageHeader header)
    {
        return new MessageFields
        {
            Type = header.Type,
            Flags = header.Flags,
            Path = Text(header.Path),
            Interface = Text(header.Interface),
            Member = Text(header.Member),
            ErrorName = Text(header.ErrorName),
            ReplySerial = header.ReplySerial,
            Destination = Text(header.Destination),
            Sender = Text(header.Sender),
            Signature = Text(header.Signature),
            UnixFds = header.UnixFds,
        };

        string? Text(FieldRange range) => range.IsPresent ? Encoding.ASCII.GetString(range.In(message)) : null;
    }

    private static void JudgeAllNeighbours()
    {
        foreach (MessageVector vector in MessageVector.Valid)
        {
            byte[] message = [.. vector.Bytes];
            for (int at = 0; at < message.Length; at++)
            {
                byte original = message[at];
                foreach (byte value in (ReadOnlySpan<byte>)[0, 1, (byte)(original ^ 0x80), (byte)(original + 1), (byte)(original - 1), 0xff])
                {
                    message[at] = value;
                    _ = Verdict.Of(message);
                }

                message[at] = original;
            }
        }
    }
}
