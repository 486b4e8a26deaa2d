using CsCheck;
using XcpBroker.Startup;

namespace XcpBroker.Broker.Tests.Startup;

internal sealed class PassedSocketsTests
{
    private const int Own = 4711;

    [TestCase("4711", "2", null, "3=unknown 4=unknown")]
    [TestCase("4711", "2", "a:b", "3=a 4=b")]
    [TestCase("4711", "2", "a", "3=a 4=unknown")]
    [TestCase("4711", "1", "a:b", "3=a")]
    [TestCase("4711", "1", "", "3=unknown")]
    [TestCase("4711", "0", null, "")]
    [TestCase("4712", "1", null, "", Description = "for another process")]
    [TestCase(null, "1", null, "")]
    [TestCase("4711", null, null, "")]
    [TestCase(" 4711", "1", null, "")]
    [TestCase("4711", "-1", null, "")]
    [TestCase("4711", "1x", null, "")]
    [TestCase("4711", "2147483647", null, "", Description = "no descriptor has such a number")]
    public void The_variables_name_descriptors_from_3_on(string? process, string? count, string? names, string expected) => Assert.That(
        string.Join(' ', PassedSockets.Read(process, count, names, Own).Select(socket => $"{socket.Descriptor}={socket.Name}")),
        Is.EqualTo(expected));

    [Test]
    public void No_text_does_harm() => Gen.Select(Gen.OneOf(Gen.Const("4711"), Gen.String), Gen.OneOf(Gen.String, Gen.Int[0, 100].Select(i => $"{i}")), Gen.String)
        .Sample((process, count, names) => PassedSockets.Read(process, count, names, Own).Select((socket, i) => socket.Descriptor == i + 3).All(isRight => isRight));
}
