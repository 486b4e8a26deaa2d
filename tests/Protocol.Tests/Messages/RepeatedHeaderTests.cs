using System.Buffers.Binary;
using XcpBroker.Protocol.Messages;
using XcpBroker.Protocol.Tests.Support;

namespace XcpBroker.Protocol.Tests.Messages;

[TestFixture]
internal sealed class RepeatedHeaderTests
{
    private const string Sender = ":1.42";

    [TestCaseSource(typeof(MessageVector), nameof(MessageVector.Valid))]
    public void What_is_recognised_is_what_would_be_parsed_and_stamped(MessageVector vector)
    {
        RepeatedHeader repeated = new();
        if (!Remember(repeated, vector.Bytes))
        {
            Assert.That(repeated.TryRecognise(vector.Bytes), Is.False);
            return;
        }

        byte[] next = WithSerial(vector.Bytes, 0x01020304);

        Assert.That(repeated.TryRecognise(next), Is.True);
        Assert.That(MessageHeader.TryParse(next, out MessageHeader parsed), Is.EqualTo(MessageViolation.None));
        Assert.That(Values(repeated.Header), Is.EqualTo(Values(parsed)));
        Assert.That(repeated.Stamped.ToArray(), Is.EqualTo(Stamp(next, parsed)));
    }

    [TestCaseSource(typeof(MessageVector), nameof(MessageVector.Valid))]
    public void Whatever_byte_changes_the_answer_is_the_parsers(MessageVector vector)
    {
        RepeatedHeader repeated = new();
        if (!Remember(repeated, vector.Bytes))
        {
            return;
        }

        MessageHeader.TryParse(vector.Bytes, out MessageHeader original);
        for (int at = 0; at < original.BodyOffset; at++)
        {
            foreach (byte change in new byte[] { 0x01, 0x20, 0x80, 0xff })
            {
                byte[] changed = [.. vector.Bytes];
                changed[at] ^= change;
                if (MessageFramer.TryFrame(changed, ProtocolLimits.MaxMessageBytes, out int length, out _) == FrameStatus.Complete
                    && length == changed.Length
                    && repeated.TryRecognise(changed))
                {
                    Assert.That(MessageHeader.TryParse(changed, out MessageHeader parsed), Is.EqualTo(MessageViolation.None), $"byte {at}");
                    Assert.That(Values(repeated.Header), Is.EqualTo(Values(parsed)), $"byte {at}");
                    Assert.That(repeated.Stamped.ToArray(), Is.EqualTo(Stamp(changed, parsed)), $"byte {at}");
                }
            }
        }
    }

    [Test]
    public void Nothing_is_recognised_before_something_is_remembered() =>
        Assert.That(new RepeatedHeader().TryRecognise(MessageVector.Valid.First().Bytes), Is.False);

    private static bool Remember(RepeatedHeader repeated, byte[] bytes)
    {
        MessageHeader.TryParse(bytes, out MessageHeader header);
        return repeated.TryRemember(bytes, header, Stamp(bytes, header));
    }

    private static object[] Values(MessageHeader header) =>
    [
        header.IsBigEndian, header.RawType, header.Flags, header.Serial, header.FieldsLength, header.BodyOffset, header.BodyLength,
        header.Path, header.Interface, header.Member, header.ErrorName, header.Destination, header.Sender, header.Signature,
        header.ReplySerial, header.UnixFds, header.HasForeignFields,
    ];

    private static byte[] Stamp(byte[] bytes, in MessageHeader header)
    {
        byte[] stamped = new byte[SenderStamp.MaxLength(header, Sender.Length)];
        return stamped[..SenderStamp.Write(bytes, header, System.Text.Encoding.ASCII.GetBytes(Sender), stamped)];
    }

    private static byte[] WithSerial(byte[] bytes, uint serial)
    {
        byte[] copy = [.. bytes];
        if (copy[0] == (byte)'B')
        {
            BinaryPrimitives.WriteUInt32BigEndian(copy.AsSpan(8), serial);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(copy.AsSpan(8), serial);
        }

        return copy;
    }
}
