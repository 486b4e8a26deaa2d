using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;
using XcpBroker.Protocol.Tests.Support;

namespace XcpBroker.Protocol.Tests.Messages;

[TestFixture]
internal sealed class HotPathTests
{
    [Test]
    public void Reading_and_stamping_any_message_allocates_nothing()
    {
        byte[][] messages = [.. MessageVector.Valid.Concat(MessageVector.Invalid).Select(vector => vector.Bytes)];
        byte[] destination = new byte[8192];
        _ = PassAll(messages, destination);

        long before = GC.GetAllocatedBytesForCurrentThread();
        int passed = PassAll(messages, destination);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.That(passed, Is.Positive);
        Assert.That(allocated, Is.Zero);
    }

    [Test]
    public void Building_a_message_allocates_nothing_once_the_buffer_is_there()
    {
        MessageBuilder builder = new();
        MessageFields fields = new() { Type = MessageType.MethodReturn, ReplySerial = 5, Destination = ":1.5", Signature = "s" };
        _ = Build(builder, in fields);

        long before = GC.GetAllocatedBytesForCurrentThread();
        int length = Build(builder, in fields);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.That(length, Is.Positive);
        Assert.That(allocated, Is.Zero);
    }

    private static int Build(MessageBuilder builder, in MessageFields fields)
    {
        builder.Begin(in fields);
        builder.Body.WriteString("answer");
        return builder.Finish(9).Length;
    }

    private static int PassAll(byte[][] messages, byte[] destination)
    {
        int passed = 0;
        foreach (byte[] message in messages)
        {
            _ = MessageFramer.TryFrame(message, ProtocolLimits.MaxMessageBytes, out _, out _);
            if (Verdict.Of(message) == MessageViolation.None)
            {
                MessageHeader.TryParse(message, out MessageHeader header);
                BodyArguments arguments = new(message.AsSpan(header.BodyOffset), header.Signature.In(message), header.IsBigEndian);
                _ = arguments.TryGet(63, out _, out _);
                passed += SenderStamp.Write(message, in header, ":1.5"u8, destination);
            }
        }

        return passed;
    }
}
