using System.Collections;
using XcpBroker.Collections;

namespace XcpBroker.Names;

/// <summary>What one peer claims: the names that it owns, as a list by index, and all its claims in the order in which it made them.</summary>
/// <remarks>
/// Iterate by index (the enumerator allocates) and don't change ownership meanwhile. The order of the owned names is arbitrary.
/// </remarks>
internal sealed class PeerNames<TPeer>(TPeer peer) : IReadOnlyList<string>
    where TPeer : class
{
    private IntrusiveList<NameClaim<TPeer>, NameClaim<TPeer>.HolderLinks> _claims;
    private NameClaim<TPeer>[] _primary = [];

    internal TPeer Peer { get; } = peer;

    /// <summary>Number of names owned; waiting does not count.</summary>
    public int Count { get; private set; }

    internal int ClaimCount { get; private set; }

    internal int PeakClaimCount { get; private set; }

    internal NameClaim<TPeer>? First => _claims.First;

    internal NameClaim<TPeer>? Last => _claims.Last;

    public string this[int index] => _primary.AsSpan(0, Count)[index].Queue.Name;

    public IEnumerator<string> GetEnumerator()
    {
        for (int index = 0; index < Count; index++)
        {
            yield return this[index];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void Add(NameClaim<TPeer> claim)
    {
        _claims.AddLast(claim);
        PeakClaimCount = Math.Max(PeakClaimCount, ++ClaimCount);
    }

    internal void Remove(NameClaim<TPeer> claim)
    {
        _claims.Remove(claim);
        ClaimCount--;
    }

    internal void AddPrimary(NameClaim<TPeer> claim)
    {
        if (Count == _primary.Length)
        {
            Array.Resize(ref _primary, Math.Max(2, Count * 2));
        }

        claim.PrimaryIndex = Count;
        _primary[Count++] = claim;
    }

    internal void RemovePrimary(NameClaim<TPeer> claim)
    {
        NameClaim<TPeer> last = _primary[--Count];
        _primary[claim.PrimaryIndex] = last;
        last.PrimaryIndex = claim.PrimaryIndex;
        _primary[Count] = null!; // beyond Count nothing is read; the reference would keep the claim alive
        claim.PrimaryIndex = NameClaim<TPeer>.NotPrimary;
    }
}

/// <summary>The names that a peer owns or waits for, oldest claim first; iterating allocates nothing.</summary>
internal readonly struct NameClaims<TPeer>(PeerNames<TPeer>? names)
    where TPeer : class
{
    public Enumerator GetEnumerator() => new(names?.First);

    internal struct Enumerator(NameClaim<TPeer>? next)
    {
        private NameClaim<TPeer>? _next = next;

        public string Current { get; private set; } = string.Empty;

        public bool MoveNext()
        {
            if (_next is not { } claim)
            {
                return false;
            }

            Current = claim.Queue.Name;
            _next = claim.Later;
            return true;
        }
    }
}
