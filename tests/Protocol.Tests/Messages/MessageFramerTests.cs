using CsCheck;
using XcpBroker.Protocol.Messages;
using XcpBroker.Protocol.Tests.Support;

namespace XcpBroker.Protocol.Tests.Messages;

[TestFixture]
internal sealed class MessageFramerTests
{
    [TestCase('l')]
    [TestCase('B')]
    public void A_length_that_is_not_here_yet_is_known(char order)
    {
        byte[] bytes = FixedHeader(order, body: 1000, fields: 17);

        FrameStatus status = MessageFramer.TryFrame(bytes, ProtocolLimits.MaxMessageBytes, out int total, out _);

        Assert.That((status, total), Is.EqualTo((FrameStatus.Complete, 16 + 24 + 1000)));
    }

    // body, fields, what they add up to
    [TestCase(0u, 0u, 16)]
    [TestCase(0u, 1u, 24)]
    [TestCase(0u, 8u, 24)]
    [TestCase(3u, 9u, 35)]
    [TestCase(134_217_712u, 0u, 134_217_728, Description = "exactly 128 MiB")]
    [TestCase(67_108_848u, 67_108_864u, 134_217_728, Description = "exactly 64 MiB of fields")]
    public void Lengths_add_up(uint body, uint fields, int expected)
    {
        MessageFramer.TryFrame(FixedHeader('l', body, fields), long.MaxValue, out int total, out MessageViolation violation);

        Assert.That((total, violation), Is.EqualTo((expected, MessageViolation.None)));
    }

    [TestCase(134_217_713u, 0u, MessageViolation.MessageTooLong)]
    [TestCase(134_217_705u, 1u, MessageViolation.MessageTooLong)]
    [TestCase(uint.MaxValue, 0u, MessageViolation.MessageTooLong)]
    [TestCase(uint.MaxValue - 15, 0u, MessageViolation.MessageTooLong, Description = "would be 0 in 32 bits")]
    [TestCase(0u, 67_108_865u, MessageViolation.FieldsTooLong)]
    [TestCase(0u, uint.MaxValue, MessageViolation.FieldsTooLong)]
    [TestCase(uint.MaxValue, uint.MaxValue, MessageViolation.FieldsTooLong)]
    public void Lengths_over_the_protocols_limits_are_refused_whatever_the_bus_allows(uint body, uint fields, MessageViolation expected)
    {
        FrameStatus status = MessageFramer.TryFrame(FixedHeader('l', body, fields), long.MaxValue, out _, out MessageViolation violation);

        Assert.That((status, violation), Is.EqualTo((FrameStatus.Invalid, expected)));
    }

    [TestCase(16 + 100, MessageViolation.None)]
    [TestCase(16 + 99, MessageViolation.MessageOverLimit)]
    public void The_limit_of_the_bus_counts_the_whole_message(long limit, MessageViolation expected)
    {
        MessageFramer.TryFrame(FixedHeader('l', body: 100, fields: 0), limit, out _, out MessageViolation violation);

        Assert.That(violation, Is.EqualTo(expected));
    }

    [Test]
    public void No_sixteen_bytes_make_it_throw_or_pass_the_limit() =>
        Gen.Byte.Array[16].Sample(bytes =>
            MessageFramer.TryFrame(bytes, long.MaxValue, out int total, out MessageViolation violation) == FrameStatus.Complete
                ? total is >= 16 and <= ProtocolLimits.MaxMessageBytes && violation == MessageViolation.None
                : total == 0 && violation != MessageViolation.None);

    private static byte[] FixedHeader(char order, uint body, uint fields)
    {
        byte[] bytes = [(byte)order, 1, 0, 1, 0, 0, 0, 0, 9, 9, 9, 9, 0, 0, 0, 0];
        RawHeader.WriteLengths(bytes, body, fields);
        return bytes;
    }
}
