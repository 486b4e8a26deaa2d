using XcpBroker.Collections;

namespace XcpBroker.Broker.Tests.Collections;

internal sealed class TurnListTests
{
    [Test]
    public void Items_are_gone_through_once_in_the_order_in_which_they_were_added()
    {
        TurnList<string> list = new();
        List<string> seen = [];
        list.Add("a");
        list.Add("b");

        list.Run(seen.Add);
        list.Run(seen.Add);

        Assert.That(seen, Is.EqualTo(["a", "b"]));
        Assert.That(list.Count, Is.Zero);
    }

    [Test]
    public void What_is_added_meanwhile_waits_for_the_next_time()
    {
        TurnList<string> list = new();
        List<string> seen = [];
        list.Add("a");
        list.Add("b");

        list.Run(item =>
        {
            seen.Add(item);
            list.Add(item + "'");
        });

        Assert.That(seen, Is.EqualTo(["a", "b"]));
        Assert.That(list.Count, Is.EqualTo(2));
        list.Run(seen.Add);
        Assert.That(seen, Is.EqualTo(["a", "b", "a'", "b'"]));
    }

    /// <summary>Each item adds two for the next time, so that the ring grows in the middle of a run, wherever it begins.</summary>
    [Test]
    public void It_grows_while_it_is_gone_through()
    {
        TurnList<string> list = new();
        List<string> expected = ["1"];
        list.Add("1");
        for (int round = 0; round < 8; round++)
        {
            List<string> seen = [];
            list.Run(item =>
            {
                seen.Add(item);
                list.Add(item + "0");
                list.Add(item + "1");
            });

            Assert.That(seen, Is.EqualTo(expected));
            expected = [.. expected.SelectMany(static item => new[] { item + "0", item + "1" })];
        }
    }
}
