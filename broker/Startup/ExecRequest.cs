using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace XcpBroker.Startup;

/// <summary>What <see cref="InternalExec"/> does before it executes a program: the words between its option and "--".</summary>
internal sealed record ExecRequest
{
    /// <summary>Leave the caller's session and terminal.</summary>
    internal bool NewSession { get; init; }

    /// <summary>RLIMIT_NOFILE of the program; null: the caller's.</summary>
    internal OpenFileLimit? OpenFiles { get; init; }

    /// <summary>Supplementary groups; null: the caller's.</summary>
    internal IReadOnlyList<uint>? Groups { get; init; }

    /// <summary>Real, effective and saved group; null: the caller's.</summary>
    internal uint? GroupId { get; init; }

    /// <summary>Real, effective and saved user; null: the caller's.</summary>
    internal uint? UserId { get; init; }

    /// <summary>Working directory "/".</summary>
    internal bool RootDirectory { get; init; }

    /// <summary>A protection from the out-of-memory killer that the caller has is not inherited.</summary>
    internal bool PlainOomScore { get; init; }

    /// <summary>
    /// Where an <see cref="ExecFailure"/> is written, instead of a line on standard error. With it every descriptor but 0, 1 and 2 closes on
    /// exec, so that its end without a byte means that the program runs. Null: descriptors are left as they are.
    /// </summary>
    internal int? StatusDescriptor { get; init; }

    /// <summary>The program gets the status descriptor too, to tell what becomes of it: it is this binary in another mode.</summary>
    internal bool KeepsStatus { get; init; }

    /// <summary>The words that <see cref="TryParse"/> reads back.</summary>
    internal IEnumerable<string> ToWords()
    {
        if (NewSession)
        {
            yield return "session";
        }

        if (RootDirectory)
        {
            yield return "rootdir";
        }

        if (PlainOomScore)
        {
            yield return "oomscore";
        }

        if (StatusDescriptor is { } status)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"status={status}");
        }

        if (KeepsStatus)
        {
            yield return "keepstatus";
        }

        if (OpenFiles is { } files)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"files={files.Soft},{files.Hard}");
        }

        if (Groups is not null)
        {
            yield return $"groups={string.Join(',', Groups)}";
        }

        if (GroupId is { } group)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"group={group}");
        }

        if (UserId is { } user)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"user={user}");
        }
    }

    internal static bool TryParse(ReadOnlySpan<string> words, [NotNullWhen(true)] out ExecRequest? request)
    {
        request = null;
        ExecRequest read = new();
        foreach (string word in words)
        {
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? word : word[..equals];
            if (!TryReadNumbers(equals < 0 ? "" : word[(equals + 1)..], out List<ulong> numbers))
            {
                return false;
            }

            switch (key, numbers)
            {
                case ("session", []):
                    read = read with { NewSession = true };
                    break;
                case ("rootdir", []):
                    read = read with { RootDirectory = true };
                    break;
                case ("oomscore", []):
                    read = read with { PlainOomScore = true };
                    break;
                case ("status", [ulong status and <= int.MaxValue]):
                    read = read with { StatusDescriptor = (int)status };
                    break;
                case ("keepstatus", []):
                    read = read with { KeepsStatus = true };
                    break;
                case ("files", [ulong soft, ulong hard]):
                    read = read with { OpenFiles = new OpenFileLimit(soft, hard) };
                    break;
                case ("groups", _) when numbers.TrueForAll(IsId):
                    read = read with { Groups = numbers.ConvertAll(number => (uint)number) };
                    break;
                case ("group", [ulong group]) when IsId(group):
                    read = read with { GroupId = (uint)group };
                    break;
                case ("user", [ulong user]) when IsId(user):
                    read = read with { UserId = (uint)user };
                    break;
                default:
                    return false;
            }
        }

        request = read;
        return true;
    }

    // The largest id means "unchanged" to setresuid(2) and setresgid(2).
    private static bool IsId(ulong number) => number < uint.MaxValue;

    private static bool TryReadNumbers(string text, out List<ulong> numbers)
    {
        numbers = [];
        foreach (string part in text.Length == 0 ? [] : text.Split(','))
        {
            if (!ulong.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number))
            {
                return false;
            }

            numbers.Add(number);
        }

        return true;
    }
}
