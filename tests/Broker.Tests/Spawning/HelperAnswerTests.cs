using CsCheck;
using XcpBroker.Activation;
using XcpBroker.Protocol;
using XcpBroker.Spawning.Helper;

namespace XcpBroker.Broker.Tests.Spawning;

public sealed class HelperAnswerTests
{
    private static readonly HelperAnswer[] Each =
    [
        HelperAnswer.Made(1, 4711),
        HelperAnswer.Ended(2, new ServiceExit(3, 0)),
        HelperAnswer.Ended(uint.MaxValue, new ServiceExit(0, 9)),
        HelperAnswer.StartFailed(4, new DBusError(ErrorNames.SpawnExecFailed, "cannot execute /a: b")),
    ];

    [TestCaseSource(nameof(Each))]
    public void What_is_written_is_read_back(object answer)
    {
        Assert.That(HelperAnswer.TryParse(((HelperAnswer)answer).ToPacket(), out HelperAnswer read), Is.True);
        Assert.That(read, Is.EqualTo(answer));
    }

    [Test]
    public void A_long_text_is_cut_between_characters([Range(500, 520)] int length)
    {
        HelperAnswer answer = HelperAnswer.StartFailed(1, new DBusError(ErrorNames.SpawnFailed, new string('x', length) + new string('ä', 500)));

        Assert.That(answer.ToPacket(), Has.Length.LessThanOrEqualTo(HelperAnswer.MaxSize));
        Assert.That(HelperAnswer.TryParse(answer.ToPacket(), out HelperAnswer read), Is.True);
        Assert.That(read.Error.Message, Does.Not.Contain('\ufffd').And.StartWith(new string('x', 500)));
    }

    [Test]
    public void No_bytes_make_it_throw() => Gen.Byte.Array[0, 40].Sample(packet =>
        !HelperAnswer.TryParse(packet, out HelperAnswer answer) || answer.ToPacket().AsSpan().SequenceEqual(packet));
}
