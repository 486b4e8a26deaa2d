using XcpBroker.Protocol.Messages;

namespace XcpBroker.Protocol.Tests.Messages;

[TestFixture]
internal sealed class SerialSequenceTests
{
    [Test]
    public void Serials_begin_with_1()
    {
        SerialSequence serials = default;

        Assert.That((serials.Next(), serials.Next()), Is.EqualTo((1, 2)));
    }

    [Test]
    public void Serials_wrap_without_a_0()
    {
        SerialSequence serials = new(uint.MaxValue - 1);

        Assert.That((serials.Next(), serials.Next(), serials.Next()), Is.EqualTo((uint.MaxValue, 1, 2)));
    }
}
