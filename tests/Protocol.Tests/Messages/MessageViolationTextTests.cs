using XcpBroker.Protocol.Messages;

namespace XcpBroker.Protocol.Tests.Messages;

[TestFixture]
internal sealed class MessageViolationTextTests
{
    [Test]
    public void Every_violation_has_a_sentence_of_its_own()
    {
        string[] sentences = [.. Enum.GetValues<MessageViolation>().Select(violation => violation.Describe())];

        Assert.That(sentences, Is.Unique);
        Assert.That(sentences, Has.All.Match("^[A-Z].*[a-zA-Z0-9']\\.$").And.All.Not.StartsWith("Unknown"));
    }
}
