using System.Text;
using XcpBroker.EndToEnd.Conversations;

namespace XcpBroker.EndToEnd.Policies;

/// <summary>Writes small policies about few names, so that rules often meet in one message.</summary>
internal sealed class RandomPolicy(Random random)
{
    internal static readonly string[] Names = ["com.example.N", "com.example.N.Below", "com.example.O"];
    internal static readonly string[] Interfaces = ["com.example.I", "com.example.J"];
    internal static readonly string[] Members = ["Do", "Go"];
    internal static readonly string[] Paths = ["/o", "/p"];
    internal static readonly string[] Errors = ["com.example.E", "com.example.F"];

    private static readonly string[] Types = ["method_call", "method_return", "error", "signal"];
    private static readonly string[] Flags = ["true", "false"];

    /// <summary>Last, so that it holds whatever comes before: what the conversation itself needs.</summary>
    private const string Harness = """
          <policy context="mandatory">
            <allow send_destination="org.freedesktop.DBus" send_path="/barrier"/>
            <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus"/>
            <allow receive_sender="org.freedesktop.DBus"/>
          </policy>
        """;

    /// <summary>Policies of all contexts, in any order.</summary>
    internal string Write()
    {
        StringBuilder text = new();
        string[] contexts =
        [
            "context=\"default\"", "context=\"default\"", $"group=\"{Account.Group}\"", $"user=\"{Account.User}\"", "user=\"games\"",
            "context=\"mandatory\"",
        ];
        random.Shuffle(contexts);
        foreach (string context in contexts)
        {
            _ = text.Append("  <policy ").Append(context).Append(">\n");
            for (int rules = random.Next(context.Contains("default", StringComparison.Ordinal) ? 7 : 3); rules > 0; rules--)
            {
                _ = text.Append("    ").Append(Rule()).Append('\n');
            }

            _ = text.Append("  </policy>\n");
        }

        return text.Append(Harness).Append('\n').ToString();
    }

    private string Rule()
    {
        List<string> attributes = random.Next(8) == 0 ? Own() : random.Next(2) == 0 ? Message("send") : Message("receive");
        return $"<{(random.Next(5) < 3 ? "allow" : "deny")} {string.Join(' ', attributes)}/>";
    }

    private List<string> Own() => [random.Next(3) == 0 ? $"own_prefix=\"{Any(Names)}\"" : $"own=\"{AnyOrAll(Names)}\""];

    /// <summary>Attributes that may stand together: no member alone, no error with an interface, no broadcast with a destination.</summary>
    private List<string> Message(string side)
    {
        List<string> attributes = [];
        bool isSend = side == "send";
        bool hasPeer = Often(3);
        bool isPrefix = isSend && hasPeer && random.Next(4) == 0;
        string peer = isPrefix ? "send_destination_prefix" : isSend ? "send_destination" : "receive_sender";
        Add(hasPeer, peer, isPrefix ? Any(Names) : AnyOrAll(Names));
        Add(Often(3), $"{side}_type", Any(Types));
        bool hasPath = Often(4);
        bool hasInterface = Often(3);
        Add(hasPath, $"{side}_path", AnyOrAll(Paths));
        Add(hasInterface, $"{side}_interface", AnyOrAll(Interfaces));
        Add((hasPath || hasInterface) && Often(2), $"{side}_member", AnyOrAll(Members));
        Add(!hasInterface && !hasPath && Often(4), $"{side}_error", AnyOrAll(Errors));
        Add(isSend && !hasPeer && Often(4), "send_broadcast", Any(Flags));
        Add(Often(4), $"{side}_requested_reply", Any(Flags));
        Add(attributes.Count == 0, isSend ? "send_destination" : "receive_sender", "*");
        Add(Often(4), "eavesdrop", Any(Flags));
        Add(Often(8), "min_fds", Any(["0", "1", "2"]));
        Add(Often(8), "max_fds", Any(["0", "1", "2"]));
        return attributes;

        void Add(bool isWanted, string name, string value)
        {
            if (isWanted)
            {
                attributes.Add($"{name}=\"{value}\"");
            }
        }
    }

    private bool Often(int oneOf) => random.Next(oneOf) == 0;

    private string Any(string[] values) => values[random.Next(values.Length)];

    private string AnyOrAll(string[] values) => random.Next(6) == 0 ? "*" : Any(values);
}
