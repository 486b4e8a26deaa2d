using CsCheck;
using XcpBroker.Matching;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.MatchRules;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Broker.Tests.Matching;

/// <summary>The index against a list that is looked through, under random changes.</summary>
public sealed class MatchIndexPropertyTests
{
    private const int Receivers = 5;

    private static readonly string[] ArgumentTexts =
        ["", "a", "a.b", "a.b.c", "a.bc", ".", "a.", "/", "//", "/a", "/a/", "/a/b", "/a/b/", "/a/bc", "/ab", "a/b", "a/", ":1", ":1.1"];

    private static readonly Gen<string> WellKnownName = Gen.OneOf("com.example.A", "com.example.B", "com.example.C");

    private static readonly Gen<string> Name = Gen.OneOf(WellKnownName, Gen.OneOf(":1.1", ":1.2", "org.freedesktop.DBus"));

    private static readonly Gen<string> Path = Gen.OneOf("/", "/a", "/a/b", "/a/b/c", "/ab");

    private static readonly Gen<string> Key = Gen.OneOf(
        Gen.OneOf("type='signal'", "type='method_call'", "type='error'", "type='method_return'"),
        Name.Select(name => $"sender='{name}'"),
        Name.Select(name => $"destination='{name}'"),
        Gen.OneOf("interface='i.A'", "interface='i.B'", "member='A'", "member='B'", "eavesdrop='true'"),
        Path.Select(path => $"path='{path}'"),
        Path.Select(path => $"path_namespace='{path}'"),
        Gen.Select(Gen.OneOf(0, 1, 2, 63), Gen.OneOf(ArgumentTexts), (index, text) => $"arg{index}='{text}'"),
        Gen.Select(Gen.OneOf(0, 1, 2), Gen.OneOf(ArgumentTexts), (index, text) => $"arg{index}path='{text}'"),
        Gen.OneOf("a", "a.b", "a.b.c", ":1").Select(text => $"arg0namespace='{text}'"));

    private static readonly Gen<MatchRule?> Rule = Key.Array[0, 4].Select(keys =>
        MatchRuleParser.TryParse(System.Text.Encoding.ASCII.GetBytes(string.Join(',', keys)), out MatchRule? rule, out _) ? rule : null);

    private static readonly Gen<IReadOnlyList<string>?> OwnedNames =
        Gen.Select(Gen.Int[0, 2], WellKnownName.HashSet[0, 3], (kind, names) => kind switch
        {
            0 => null,
            1 => (IReadOnlyList<string>)[.. names],
            _ => new AskedNames(names),
        });

    private static readonly Gen<string> Argument =
        Gen.Select(Gen.OneOf('s', 's', 's', 'o', 'g', 'u'), Gen.OneOf(ArgumentTexts), (type, text) => type == 'u' ? "u" : type + text);

    private static readonly Gen<MatchedMessage> Message =
        from type in Gen.OneOf(MessageType.Signal, MessageType.Signal, MessageType.MethodCall, MessageType.Error, MessageType.Invalid)
        from sender in Gen.Select(Gen.OneOf(":1.1", ":1.2", "org.freedesktop.DBus", ""), OwnedNames)
        from field in Gen.Select(Gen.OneOf("", "i.A", "i.B"), Gen.OneOf("", "A", "B"), Gen.OneOf(Path, Gen.Const("")))
        from recipient in Gen.Select(Gen.OneOf(Name, Gen.Const("")), Gen.OneOf("", ":1.1", ":1.2"), OwnedNames)
        from arguments in Argument.Array[0, 4]
        from isBigEndian in Gen.Bool
        select new MatchedMessage
        {
            Type = type,
            Sender = sender.Item1,
            SenderNames = sender.Item2,
            Interface = field.Item1,
            Member = field.Item2,
            Path = field.Item3,
            Destination = recipient.Item1,
            Recipient = recipient.Item2,
            RecipientNames = recipient.Item3,
            Arguments = arguments,
            IsBigEndian = isBigEndian,
        };

    private enum Verb
    {
        Add,
        AddAgain,
        Remove,
        RemoveOther,
        RemoveAll,
        Collect,
        CollectAgain,
    }

    private static readonly Gen<Step> AnyStep =
        from verb in Gen.Frequency(
            (6, Verb.Add), (1, Verb.AddAgain), (3, Verb.Remove), (1, Verb.RemoveOther), (1, Verb.RemoveAll), (3, Verb.Collect), (6, Verb.CollectAgain))
        from receiver in Gen.Int[0, Receivers - 1]
        from rule in Rule
        from place in Gen.Int[0, 1000]
        from message in Message
        select new Step(verb, receiver, rule ?? Rules.Parse(""), place, message);

    [Test]
    public void The_index_finds_what_looking_through_all_rules_finds() =>
        AnyStep.Array[0, 60].Sample(
            steps =>
            {
                World world = new();
                foreach (Step step in steps)
                {
                    world.Do(step);
                }

                world.EmptyOut();
            },
            iter: 1000);

    [Test]
    public void An_index_of_many_rules_finds_the_same_as_well() =>
        Gen.Select(Rule.Array[2000], Message.Array[20]).Sample(
            (rules, messages) =>
            {
                World world = new();
                for (int index = 0; index < rules.Length; index++)
                {
                    world.Do(new Step(Verb.Add, index % Receivers, rules[index] ?? Rules.Parse("member='A'"), 0, messages[0]), isCompared: false);
                }

                foreach (MatchedMessage message in messages)
                {
                    world.Do(new Step(Verb.Collect, 0, Rules.Parse(""), 0, message));
                }
            },
            iter: 4);

    private sealed record Step(Verb Verb, int Receiver, MatchRule Rule, int Place, MatchedMessage Message);

    private sealed class AskedNames(IReadOnlyCollection<string> names) : List<string>(names), IOwnedNames
    {
        public bool Contains(ReadOnlySpan<byte> name) => Contains(System.Text.Encoding.ASCII.GetString(name));
    }

    private sealed class World
    {
        private readonly MatchIndex<Receiver> _index = new();
        private readonly List<(MatchRule Rule, Receiver Receiver)> _model = [];
        private readonly List<(MatchedMessage Message, MatchMemory<Receiver> Memory, ulong Names)> _headers = [];
        private readonly Receiver[] _receivers = [.. Enumerable.Range(0, Receivers).Select(number => new Receiver(number))];

        internal void Do(Step step, bool isCompared = true)
        {
            Receiver receiver = _receivers[step.Receiver];
            switch (step.Verb)
            {
                case Verb.Add:
                    Add(step.Rule, receiver);
                    break;
                case Verb.AddAgain when _model.Count > 0:
                    Add(Rules.Parse(_model[step.Place % _model.Count].Rule.ToString()), receiver);
                    break;
                case Verb.Remove when _model.Count > 0:
                    (MatchRule rule, receiver) = _model[step.Place % _model.Count];
                    Remove(rule, receiver);
                    break;
                case Verb.RemoveOther:
                    Remove(step.Rule, receiver);
                    break;
                case Verb.RemoveAll:
                    _index.RemoveAll(receiver);
                    _ = _model.RemoveAll(entry => entry.Receiver == receiver);
                    break;
                case Verb.CollectAgain when _headers.Count > 0:
                    CompareForHeader(step.Place % _headers.Count, step.Message);
                    break;
                default:
                    CompareFor(step.Message);
                    _headers.Add((step.Message, new MatchMemory<Receiver>(), 0));
                    break;
            }

            if (isCompared)
            {
                Compare(receiver);
            }
        }

        internal void EmptyOut()
        {
            while (_model.Count > 0)
            {
                Remove(_model[^1].Rule, _model[^1].Receiver);
            }

            foreach (Receiver receiver in _receivers)
            {
                _index.RemoveAll(receiver);
            }

            Assume(_index.IsEmpty, "not empty");
        }

        private void Add(MatchRule rule, Receiver receiver)
        {
            _index.Add(rule, receiver);
            _model.Add((rule, receiver));
        }

        private void Remove(MatchRule rule, Receiver receiver) =>
            Assume(_index.Remove(rule, receiver) == _model.Remove((rule, receiver)), $"removal of {rule}");

        private void CompareFor(MatchedMessage message)
        {
            List<Receiver> found = _index.Collect(message);
            HashSet<Receiver> expected = Expected(message);
            Assume(found.Count == expected.Count && expected.SetEquals(found), $"{message}: {string.Join(", ", found)}");
        }

        /// <summary>A header that was there before, with other arguments; its sender may have other names by now.</summary>
        private void CompareForHeader(int place, MatchedMessage other)
        {
            (MatchedMessage message, MatchMemory<Receiver> memory, ulong names) = _headers[place];
            message = message with { Arguments = other.Arguments, IsBigEndian = other.IsBigEndian };
            if (other.SenderNames is null)
            {
                names++;
                message = message with { SenderNames = ["com.example.B"] };
            }

            List<Receiver> found = [];
            MatchSubject subject = message.Subject;
            if (_index.CollectAgain(memory, names, found, out bool hasArguments) == 0)
            {
                Assume(found.Count == 0, "found without knowing where");
                _ = _index.Collect(subject, found, memory, names);
            }
            else if (hasArguments)
            {
                _ = _index.CollectArguments(new BodyArguments(subject.Body, subject.Signature, subject.IsBigEndian), found);
            }

            HashSet<Receiver> expected = Expected(message);
            Assume(found.Count == expected.Count && expected.SetEquals(found), $"again, {message}: {string.Join(", ", found)}");
            _headers[place] = (message, memory, names);
        }

        private HashSet<Receiver> Expected(MatchedMessage message)
        {
            HashSet<Receiver> expected = [];
            foreach ((MatchRule rule, Receiver receiver) in _model)
            {
                if (rule.Matches(message.Subject))
                {
                    _ = expected.Add(receiver);
                }
            }

            return expected;
        }

        private void Compare(Receiver receiver)
        {
            List<MatchRule> mine = [.. _model.Where(entry => entry.Receiver == receiver).Select(entry => entry.Rule)];
            Assume((_index.Count, _index.CountOf(receiver)) == (_model.Count, mine.Count), "counts");
            foreach ((MatchRule rule, int times) in _index.RulesOf(receiver))
            {
                Assume(mine.RemoveAll(rule.Equals) == times, $"{rule} {times} times");
            }

            Assume(mine.Count == 0, "rules not listed");
        }

        private static void Assume(bool isTrue, string otherwise)
        {
            if (!isTrue)
            {
                throw new InvalidOperationException(otherwise);
            }
        }
    }
}
