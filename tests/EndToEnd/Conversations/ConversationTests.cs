using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.Conversations;

/// <summary>The same conversations on our broker and on both that exist: all hear what is written.</summary>
[TestFixture("xcp-broker")]
[TestFixture("dbus-daemon")]
[TestFixture("dbus-broker")]
internal sealed class ConversationTests(string broker)
{
    private static readonly string[] Orders = ["little", "big"];

    public static IEnumerable<TestCaseData> Conversations =>
        from conversation in ConversationFile.ReadAll()
        from order in Orders
        select new TestCaseData(conversation, order).SetArgDisplayNames(conversation.File, conversation.Title, order);

    [TestCaseSource(nameof(Conversations))]
    public void All_peers_hear_what_is_written(object script, string endian)
    {
        Conversation conversation = (Conversation)script;
        if (!conversation.Brokers.Contains(broker))
        {
            return;
        }

        using BrokerProcess process = conversation.Start(broker);
        using Stage stage = new(process, conversation, endian == "big");
        foreach (Step step in conversation.Steps)
        {
            IReadOnlyList<string> heard = stage.Play(step);
            IReadOnlyList<string> expected = step.ExpectedOf(broker, endian);
            string where = $"{conversation.File}.conv:{step.LineNumber} {step.For(broker, endian)?.Difference}";
            Assert.That(heard, Is.EqualTo(expected), () => $"{where}, heard:\n{string.Join('\n', heard)}");
        }
    }
}
