using XcpBroker.Protocol.Messages;
using XcpBroker.Protocol.Tests.Support;

namespace XcpBroker.Protocol.Tests.Messages;

[TestFixture]
internal sealed class MessageBuilderTests
{
    private static readonly MessageFields Signal = new()
    {
        Type = MessageType.Signal,
        Flags = MessageFlags.NoReplyExpected,
        Path = "/org/freedesktop/DBus",
        Interface = "org.freedesktop.DBus",
        Member = "NameOwnerChanged",
        Sender = "org.freedesktop.DBus",
        Signature = "sss",
    };

    [Test]
    public void A_signal_is_byte_for_byte_the_vector()
    {
        MessageBuilder builder = new();

        byte[] message = BuildSignal(builder, serial: 7);

        Assert.That(message, Is.EqualTo(Vector("signal-name-owner-changed little")));
    }

    [Test]
    public void The_next_message_knows_nothing_of_the_last()
    {
        MessageBuilder builder = new();
        byte[] first = BuildSignal(builder, serial: 7);
        builder.Begin(new MessageFields { Type = MessageType.MethodReturn, ReplySerial = 1 });
        byte[] other = builder.Finish(7).ToArray();

        byte[] again = BuildSignal(builder, serial: 7);

        Assert.That(other, Is.EqualTo(Vector("return-smallest little")));
        Assert.That(again, Is.EqualTo(first));
    }

    [Test]
    public void A_reply_with_the_header_of_the_one_before_is_as_if_it_had_been_begun_anew()
    {
        MessageFields reply = new() { Type = MessageType.MethodReturn, ReplySerial = 1, Sender = "org.freedesktop.DBus", Signature = "su" };
        MessageBuilder builder = new();
        MessageBuilder anew = new();
        builder.Begin(in reply, ":1.42"u8);
        Write(builder, new string('x', 4000), 1);
        foreach ((uint serial, string text) in new[] { (2u, "short"), (uint.MaxValue, ""), (0x01020304u, new string('y', 300)) })
        {
            builder.BeginReplyAgain(serial);
            byte[] again = Write(builder, text, serial);
            anew.Begin(reply with { ReplySerial = serial }, ":1.42"u8);

            Assert.That(again, Is.EqualTo(Write(anew, text, serial)));
            Assert.That(Numbers(builder.Header), Is.EqualTo(Numbers(anew.Header)));
        }

        static (uint, uint, int, int, int) Numbers(in MessageHeader header) =>
            (header.Serial, header.ReplySerial, header.FieldsLength, header.BodyOffset, header.BodyLength);

        static byte[] Write(MessageBuilder builder, string text, uint number)
        {
            builder.Body.WriteString(text);
            builder.Body.WriteUInt32(number);
            return builder.Finish(number).ToArray();
        }
    }

    [Test]
    public void It_knows_what_reading_the_message_would_find()
    {
        MessageBuilder builder = new();
        foreach (MessageFields fields in (MessageFields[])
        [
            Signal,
            Signal with { Destination = ":1.7" },
            new() { Type = MessageType.MethodCall, Path = "/", Member = "Ping" },
            new() { Type = MessageType.Error, ErrorName = "org.example.Error", ReplySerial = 9, UnixFds = 3, Signature = "s" },
        ])
        {
            foreach (string destination in (string[])["", ":1.42"])
            {
                builder.Begin(in fields, System.Text.Encoding.ASCII.GetBytes(destination));
                if (fields.Signature == "s")
                {
                    builder.Body.WriteString("text");
                }
                else if (fields.Signature == "sss")
                {
                    builder.Body.WriteString("a");
                    builder.Body.WriteString("");
                    builder.Body.WriteString(":1.0");
                }

                byte[] message = builder.Finish(7).ToArray();
                Assert.That(MessageHeader.TryParse(message, out MessageHeader read), Is.EqualTo(MessageViolation.None));
                Assert.That(Describe(builder.Header, message), Is.EqualTo(Describe(read, message)));
                if (destination.Length > 0)
                {
                    Assert.That(read.Destination.In(message).SequenceEqual(":1.42"u8), Is.True);
                }
            }
        }

        static string Describe(in MessageHeader header, byte[] message) => string.Join(
            ' ',
            header.IsBigEndian, header.RawType, header.Flags, header.Serial, header.FieldsLength, header.BodyOffset, header.BodyLength, header.TotalLength == message.Length,
            header.Path, header.Interface, header.Member, header.ErrorName, header.Destination, header.Sender, header.Signature,
            header.ReplySerial, header.UnixFds, header.HasForeignFields);
    }

    [Test]
    public void A_begun_message_may_be_given_up()
    {
        MessageBuilder builder = new();
        builder.Begin(Signal);
        builder.Body.WriteString("never sent");

        Assert.That(BuildSignal(builder, serial: 7), Is.EqualTo(Vector("signal-name-owner-changed little")));
    }

    [TestCase("signal-name-owner-changed little")]
    [TestCase("signal-name-owner-changed big")]
    public void A_finished_message_can_get_another_serial(string vector)
    {
        byte[] message = Vector(vector);

        MessageBuilder.PatchSerial(message, 0x01020304);

        Assert.That(MessageHeader.TryParse(message, out MessageHeader header), Is.EqualTo(MessageViolation.None));
        Assert.That(header.Serial, Is.EqualTo(0x01020304));
    }

    [TestCase(0)]
    [TestCase(511)]
    [TestCase(512)]
    [TestCase(100_000)]
    public void A_body_of_any_length_fits(int length)
    {
        MessageBuilder builder = new();
        builder.Begin(new MessageFields { Type = MessageType.MethodReturn, ReplySerial = 1, Signature = "s" });
        builder.Body.WriteString(new string('x', length));

        byte[] message = builder.Finish(1).ToArray();

        Assert.That(Verdict.Of(message), Is.EqualTo(MessageViolation.None));
    }

    private static byte[] Vector(string name) => MessageVector.Valid.Single(vector => vector.Name == name).Bytes;

    private static byte[] BuildSignal(MessageBuilder builder, uint serial)
    {
        builder.Begin(Signal);
        builder.Body.WriteString(":1.5");
        builder.Body.WriteString("");
        builder.Body.WriteString(":1.5"u8);
        return builder.Finish(serial).ToArray();
    }
}
