using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.Conversations;

/// <summary>docs/differences.md and the conversations name the same differences, of the same brokers.</summary>
[TestFixture]
internal sealed class DifferencesPageTests
{
    private const string Same = "=";
    private static readonly string[] References = ["dbus-daemon", "dbus-broker"];

    [Test]
    public void Every_difference_of_a_conversation_has_its_row_and_every_row_its_conversation() =>
        Assert.That(Found().Select(pair => pair.Difference).Distinct(), Is.EquivalentTo(Rows().Keys));

    [Test]
    public void A_row_says_same_of_a_broker_exactly_when_no_conversation_shows_it_to_differ()
    {
        IEnumerable<(string, string)> written = Rows().SelectMany(row => References
            .Where((_, column) => row.Value[column] != Same)
            .Select(broker => (row.Key, broker)));
        Assert.That(Found().Distinct(), Is.EquivalentTo(written));
    }

    [Test]
    public void No_conversation_has_an_exception_for_our_own_broker() =>
        Assert.That(Found().Select(pair => pair.Broker), Has.None.EqualTo("xcp-broker"));

    private static IEnumerable<(string Difference, string Broker)> Found() =>
        ConversationFile.ReadAll().SelectMany(conversation => conversation.Steps.SelectMany(step => step.Alternatives)
        .SelectMany(alternative => alternative.Brokers.Select(broker => (alternative.Difference, broker.Split('/')[0])))
        .Concat(conversation.Except.Select(exception => (exception.Value, exception.Key))));

    /// <summary>Rows of the first table: by id, the columns of dbus-daemon and dbus-broker.</summary>
    private static Dictionary<string, string[]> Rows() => File
        .ReadLines(Path.Combine(Repository.Root, "docs", "differences.md"))
        .SkipWhile(line => !line.StartsWith("| id ", StringComparison.Ordinal))
        .Skip(2)
        .TakeWhile(line => line.StartsWith('|'))
        .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
        .ToDictionary(cells => cells[1], cells => cells[3..5]);
}
