namespace XcpBroker.Auth.Policy;

/// <summary>What the rules of a <see cref="PolicySet"/> know of the names and the domain of one peer.</summary>
/// <remarks>
/// Rules name peers by bus names, and a peer may have many names of which rules mention none. So that a message costs no look-up of
/// names, each name that some rule mentions has a number, and a peer keeps the numbers of those it owns or waits for. Made by
/// <see cref="PolicySet.NamesOf"/>, anew when its names change or the policy does.
/// </remarks>
public sealed class PolicyNames
{
    private readonly bool[] _domains;

    internal PolicyNames(int[] numbers, bool[] domains)
    {
        Numbers = numbers;
        _domains = domains;
    }

    /// <summary>Of a peer that no rule mentions.</summary>
    public static PolicyNames None { get; } = new([], []);

    /// <summary>Places in <see cref="PolicySet"/>'s list of names, ascending.</summary>
    internal int[] Numbers { get; }

    /// <summary>Whether its domain is one that the pattern of that number means. The bus itself is in none, nor in the host.</summary>
    internal bool IsIn(int domain) => domain < _domains.Length && _domains[domain];
}
