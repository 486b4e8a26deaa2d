using XcpBroker.Config.Services;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Fuzz.Targets;

/// <summary>Descriptors: one that is taken has a valid name and, written anew from what was read, says the same.</summary>
internal sealed class ServiceFileTarget : IFuzzTarget
{
    public static string Name => "services";

    public static string Corpus => "services";

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        if (!ServiceFile.TryParse(input, "/f", isTrusted: true, out ServiceDescriptor? read, out string? error))
        {
            FuzzFailure.Unless(error.Length > 0 && !error.Any(char.IsControl), "an error that is not one line");
            return;
        }

        string written = $"[D-BUS Service]\nName={read.Name}\n"
            + (read.Arguments.Count > 0 ? $"Exec={Escape(string.Join(' ', read.Arguments.Select(Quote)))}\n" : "")
            + (read.User is { } user ? $"User={Escape(user)}\n" : "")
            + (read.SystemdUnit is { } unit ? $"SystemdService={Escape(unit)}\n" : "")
            + (read.Buffer is { Subscriptions: { Count: > 0 } rules } ? $"X-XCP-Subscribe={Escape(string.Join(';', rules))}\n" : "");
        bool isRead = ServiceFile.TryParse(StrictUtf8.Instance.GetBytes(written), "/f", isTrusted: true, out ServiceDescriptor? again, out _);
        FuzzFailure.Unless(isRead || written.Length > ServiceFile.MaxLength / 2, "what was written is not taken");
        FuzzFailure.Unless(
            again is null || (again.Name == read.Name && again.User == read.User && again.SystemdUnit == read.SystemdUnit
                && again.Arguments.SequenceEqual(read.Arguments)
                && (again.Buffer?.Subscriptions ?? []).SequenceEqual(read.Buffer?.Subscriptions ?? [])),
            "what was written is not what was read");
    }

    private static string Quote(string word) => $"'{word.Replace("'", "'\\''")}'";

    private static string Escape(string value)
    {
        string escaped = value.Replace("\\", "\\\\").Replace("\n", "\\n").Replace("\r", "\\r");
        return escaped.StartsWith(' ') ? "\\s" + escaped[1..] : escaped;
    }
}
