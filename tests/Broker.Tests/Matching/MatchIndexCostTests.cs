using System.Text;
using XcpBroker.Matching;
using XcpBroker.Protocol.MatchRules;

namespace XcpBroker.Broker.Tests.Matching;

/// <summary>What a broadcast pays for rules that do not match it: nothing that grows with their number.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class MatchIndexCostTests
{
    private const int Many = 10_000;
    private const int FewSteps = 16;

    private readonly MatchIndex<Receiver> _index = new();
    private readonly Receiver _one = new(1);

    private static readonly MatchedMessage Signal = new()
    {
        Sender = ":1.1",
        Path = "/a/b/c",
        Interface = "org.example.I",
        Member = "Changed",
        Arguments = ["scom.example.Name5", "s", "s:1.7"],
    };

    [TestCase("type='signal',interface='org.example.I',member='Changed',arg0='com.example.Name{0}'", 1)]
    [TestCase("type='signal',interface='org.example.I',arg0namespace='com.example.Name{0}'", 1)]
    [TestCase("type='signal',interface='org.example.I',arg0path='/x/{0}'", 0)]
    [TestCase("arg0='com.example.Name5',arg1='{0}'", 0)]
    [TestCase("arg0='com.example.Name5',arg2=':1.{0}'", 1)]
    [TestCase("arg2=':1.7',arg40='{0}'", 0)]
    [TestCase("interface='org.example.I',sender=':1.{0}'", 1)]
    [TestCase("interface='org.example.I',sender='com.example.N{0}'", 0)]
    [TestCase("interface='org.example.N{0}'", 0)]
    [TestCase("member='M{0}'", 0)]
    [TestCase("path='/a/b/c{0}'", 0)]
    [TestCase("path_namespace='/a/b/c/d{0}'", 0)]
    [TestCase("destination=':1.{0}'", 0)]
    public void Rules_that_differ_in_one_value_cost_as_much_as_one(string format, int matching)
    {
        CompositeFormat rule = CompositeFormat.Parse(format);
        for (int number = 0; number < Many; number++)
        {
            _index.Add(Rules.Parse(string.Format(null, rule, number)), _one);
        }

        List<Receiver> found = [];
        Assert.That(_index.Collect(Signal.Subject, found), Is.LessThanOrEqualTo(FewSteps));
        Assert.That(found, Has.Count.EqualTo(matching));
    }

    [Test]
    public void A_directory_finds_the_paths_below_it_and_no_others()
    {
        for (int number = 0; number < Many; number++)
        {
            _index.Add(Rules.Parse($"arg0path='/x/{number}'"), new Receiver(number));
        }

        List<Receiver> found = [];
        int cost = _index.Collect((Signal with { Arguments = ["o/x/77/"] }).Subject, found);
        Assert.That((cost, found.Count), Is.EqualTo((cost, 0)));
        Assert.That(cost, Is.LessThanOrEqualTo(FewSteps));

        _index.Add(Rules.Parse("arg0path='/x/77/b'"), _one);
        Assert.That(_index.Collect(Signal with { Arguments = ["o/x/77/"] }), Is.EqualTo([_one]));
        Assert.That(_index.Collect(Signal with { Arguments = ["o/x/77"] }).Select(receiver => receiver.Number), Is.EqualTo([77]));
        Assert.That(_index.Collect(Signal with { Arguments = ["o/x/"] }), Has.Count.EqualTo(Many + 1));
    }

    [Test]
    public void A_peer_with_many_names_pays_for_the_shorter_list()
    {
        _index.Add(Rules.Parse("sender='com.example.Name77'"), _one);
        _index.Add(Rules.Parse("sender='com.example.Other'"), new Receiver(2));
        ManyNames names = new();

        List<Receiver> found = [];
        int cost = _index.Collect((Signal with { SenderNames = names }).Subject, found);

        Assert.That(found, Is.EqualTo([_one]));
        Assert.That(cost, Is.LessThanOrEqualTo(FewSteps));
    }

    [Test]
    public void Names_cost_nothing_when_no_rule_waits_for_any()
    {
        _index.Add(Rules.Parse("type='signal'"), _one);
        _index.Add(Rules.Parse("sender='org.freedesktop.DBus'"), _one);
        _index.Add(Rules.Parse("sender=':1.7'"), _one);
        string[] names = [.. Enumerable.Range(0, 1000).Select(number => $"com.example.Name{number}")];

        Assert.That(_index.Collect((Signal with { SenderNames = names }).Subject, []), Is.LessThanOrEqualTo(FewSteps));
    }

    [Test]
    public void Half_a_million_rules_come_and_go()
    {
        MatchRule[] rules = [.. Enumerable.Range(0, 20_000).Select(number => Rules.Parse($"type='signal',arg0='{number}'"))];
        List<Receiver> receivers = [.. Enumerable.Range(0, 25).Select(number => new Receiver(number))];
        foreach (MatchRule rule in rules)
        {
            receivers.ForEach(receiver => _index.Add(rule, receiver));
        }

        Assert.That(_index.Count, Is.EqualTo(500_000));
        Assert.That(_index.Collect(new MatchedMessage { Arguments = ["s19999"] }), Is.EquivalentTo(receivers));

        receivers.ForEach(_index.RemoveAll);
        Assert.That(_index.IsEmpty, Is.True);
    }

    [Test]
    public void One_rule_of_many_receivers_loses_each_of_them_in_any_order()
    {
        MatchRule rule = Rules.Parse("type='signal'");
        Receiver[] receivers = [.. Enumerable.Range(0, 20_000).Select(number => new Receiver(number))];
        foreach (Receiver receiver in receivers)
        {
            _index.Add(rule, receiver);
        }

        foreach (Receiver receiver in receivers.Where(receiver => receiver.Number % 3 != 0))
        {
            _index.RemoveAll(receiver);
        }

        Assert.That(
            _index.Collect(Signal).Select(receiver => receiver.Number),
            Is.EquivalentTo(Enumerable.Range(0, 20_000).Where(number => number % 3 == 0)));
    }

    [Test]
    public void Collecting_allocates_nothing()
    {
        foreach (string rule in new[]
        {
            "", "type='signal'", "sender='com.example.A',member='Changed'", "path_namespace='/a'", "arg0='com.example.Name5'",
            "arg0namespace='com.example'", "arg1='',arg2path=':1.7'", "arg3path='/x/y/z'", "arg3path='/x/'", "destination='com.example.B'",
        })
        {
            _index.Add(Rules.Parse(rule), new Receiver(0));
        }

        MatchedMessage message = Signal with
        {
            SenderNames = ["com.example.Z", "com.example.A"],
            Destination = "com.example.C",
            RecipientNames = ["com.example.B"],
            Arguments = [.. Signal.Arguments, "o/x/y/"],
        };
        MatchSubject subject = message.Subject;
        List<Receiver> found = [];
        _ = _index.Collect(subject, found);
        Assert.That(found, Has.Count.EqualTo(10));

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < 100; round++)
        {
            found.Clear();
            _ = _index.Collect(subject, found);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void A_header_that_comes_again_costs_no_look_ups()
    {
        foreach (string rule in new[] { "", "type='signal'", "sender='com.example.A',member='Changed'", "path_namespace='/a'", "path_namespace='/b'", "member='Other'" })
        {
            _index.Add(Rules.Parse(rule), new Receiver(0));
        }

        MatchSubject subject = (Signal with { SenderNames = ["com.example.A"] }).Subject;
        MatchMemory<Receiver> memory = new();
        List<Receiver> found = [];
        _ = _index.Collect(subject, found, memory, names: 1);
        int first = found.Count;
        found.Clear();
        long before = GC.GetAllocatedBytesForCurrentThread();
        int cost = _index.CollectAgain(memory, names: 1, found, out bool hasArguments);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That((found.Count, hasArguments), Is.EqualTo((first, false)));
        Assert.That(cost, Is.EqualTo(1 + first), "one, and one for each receiver");
        Assert.That(_index.CollectAgain(memory, names: 2, [], out _), Is.Zero, "a name has another owner");
        _index.Add(Rules.Parse("arg0='com.example.Name5'"), new Receiver(7));
        Assert.That(_index.CollectAgain(memory, names: 1, [], out _), Is.Zero, "there is another rule");
    }

    [Test]
    public void A_header_that_more_rules_match_than_are_remembered_is_looked_for_each_time()
    {
        for (int index = 0; index <= MatchMemory<Receiver>.Room; index++)
        {
            _index.Add(Rules.Parse(index == 0 ? "path_namespace='/'" : $"path_namespace='/{string.Join('/', Enumerable.Repeat("a", index))}'"), new Receiver(index));
        }

        MatchSubject subject = (Signal with { Path = "/" + string.Join('/', Enumerable.Repeat("a", 20)) }).Subject;
        MatchMemory<Receiver> memory = new();
        List<Receiver> found = [];
        _ = _index.Collect(subject, found, memory, names: 1);

        Assert.That(found, Has.Count.EqualTo(MatchMemory<Receiver>.Room + 1));
        Assert.That(_index.CollectAgain(memory, names: 1, [], out _), Is.Zero);
    }

    /// <summary>Owns com.example.Name0 to com.example.Name49999.</summary>
    private sealed class ManyNames : List<string>, IOwnedNames
    {
        private readonly HashSet<string> _names;

        internal ManyNames()
            : base(Enumerable.Range(0, 50_000).Select(number => $"com.example.Name{number}")) => _names = [.. this];

        public bool Contains(ReadOnlySpan<byte> name) => _names.Contains(Encoding.ASCII.GetString(name));
    }
}
