using System.Globalization;
using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.Conversations;

/// <summary>Reads *.conv; the format is described in tests/vectors/conversations/README.md.</summary>
internal sealed class ConversationFile
{
    internal static readonly string[] AllBrokers = ["xcp-broker", "dbus-daemon", "dbus-broker"];
    private readonly string _name;
    private readonly List<Conversation> _conversations = [];
    private readonly List<Step> _steps = [];
    private readonly List<ScriptAction> _actions = [];
    private readonly List<string> _expected = [];
    private readonly List<Alternative> _alternatives = [];
    private string? _title;
    private Dictionary<string, long> _limits = [];
    private Dictionary<string, string> _except = [];
    private string? _configuration;
    private List<string> _hearing;
    private int _stepLine;

    private ConversationFile(string name)
    {
        _name = name;
        _hearing = _expected;
    }

    internal static string Directory => Path.Combine(Repository.Root, "tests", "vectors", "conversations");

    /// <summary>All conversations there are.</summary>
    internal static IReadOnlyList<Conversation> ReadAll() =>
        [.. System.IO.Directory.GetFiles(Directory, "*.conv").Order(StringComparer.Ordinal).SelectMany(Read)];

    /// <exception cref="FormatException">A line is none of the format.</exception>
    internal static IReadOnlyList<Conversation> Read(string path)
    {
        ConversationFile file = new(Path.GetFileNameWithoutExtension(path));
        int number = 0;
        foreach (string line in File.ReadLines(path))
        {
            number++;
            if (!file.Take(line.Trim(), number))
            {
                throw new FormatException($"{path}:{number}: {line}");
            }
        }

        file.EndConversation();
        return file._conversations;
    }

    private bool Take(string line, int number)
    {
        switch (line)
        {
            case "":
                EndStep();
                return true;
            case ['#', ..]:
                return true;
            case ['=', '=', ' ', .. var title]:
                EndConversation();
                _title = title;
                return true;
            case ['~', ' ', .. var difference]:
                string[] parts = difference.Split(": ");
                List<string> lines = [];
                _alternatives.Add(new Alternative(parts[0].Split(' '), parts[1], lines));
                _hearing = lines;
                return parts[0].Split(' ').All(broker => AllBrokers.Contains(broker.Split('/')[0]));
            case [>= 'A' and <= 'Z', '>', ..]:
                TakeAction(line, number);
                return _title is not null;
            case [>= 'A' and <= 'Z', '<', ' ', ..]:
                _hearing.Add(line);
                return _actions.Count > 0;
            default:
                return TakeHeader(line);
        }
    }

    private void TakeAction(string line, int number)
    {
        if (_expected.Count > 0 || _alternatives.Count > 0)
        {
            EndStep();
        }

        bool isHeld = line.StartsWith($"{line[0]}>>", StringComparison.Ordinal);
        _stepLine = _actions.Count == 0 ? number : _stepLine;
        _actions.Add(new ScriptAction(line[..1], line[(isHeld ? 3 : 2)..].Trim(), isHeld));
    }

    private bool TakeHeader(string line)
    {
        const string Configuration = "config: ";
        if (line.StartsWith(Configuration, StringComparison.Ordinal))
        {
            _configuration += Account.Expand(line[Configuration.Length..]) + "\n";
            return _title is not null && _steps.Count == 0;
        }

        switch (line.Split(": "))
        {
            case ["limits", var limits]:
                _limits = limits.Split(' ').Select(limit => limit.Split('='))
                    .ToDictionary(pair => pair[0], pair => long.Parse(pair[1], CultureInfo.InvariantCulture));
                return true;
            case ["except", var broker, var difference]:
                _except[broker] = difference;
                return AllBrokers.Contains(broker);
            default:
                return false;
        }
    }

    private void EndStep()
    {
        if (_actions.Count > 0)
        {
            _steps.Add(new Step(_stepLine, [.. _actions], [.. _expected], [.. _alternatives]));
        }

        _actions.Clear();
        _expected.Clear();
        _alternatives.Clear();
        _hearing = _expected;
    }

    private void EndConversation()
    {
        EndStep();
        if (_title is not null)
        {
            _conversations.Add(new Conversation
            {
                File = _name,
                Title = _title,
                Steps = [.. _steps],
                Limits = _limits,
                Configuration = _configuration,
                Except = _except,
            });
        }

        _steps.Clear();
        _limits = [];
        _except = [];
        _configuration = null;
    }
}
