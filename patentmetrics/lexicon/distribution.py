"""Words that are distributed alike (分布相似度): word vectors of the user's own corpus, by SVD."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from patentmetrics.core.errors import ExtraError, SettingError

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def term_vectors(sentences: csr_array, *, dimensions: int = 100, seed: int = 0) -> NDArray[np.float64]:
    """Compute word vectors from which words share sentences (词向量): truncated SVD of their PPMI.

    Two words are alike when they keep the same company, whether or not they ever meet.

    Parameters
    ----------
    sentences : csr_array, shape (sentences, terms)
        1 where a sentence holds a term, stored once; anything else that is stored counts as 1.
    dimensions : int
        Of the vectors; less where there are fewer terms than that.
    seed : int
        Of scikit-learn's randomised SVD.

    Returns
    -------
    ndarray of float64, shape (terms, dimensions)
        Of length 1; all zero for a term that never shares a sentence with another, or no more often than
        by chance. The largest entry of each dimension is positive, so that signs do not depend on the
        library.

    Raises
    ------
    ExtraError
        scikit-learn is not installed.
    SettingError
        ``dimensions`` is less than 1.

    Sources: Levy & Goldberg 2014, Neural word embedding as implicit matrix factorization, NIPS 27: positive
    pointwise mutual information by SVD, with the square root of the singular values; Halko, Martinsson &
    Tropp 2011, doi:10.1137/090771806, for the randomised SVD.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> sentences = csr_array(np.array([[1, 0, 1, 0], [0, 1, 1, 0], [0, 0, 0, 1]] * 2))
    >>> vectors = term_vectors(sentences, dimensions=2)
    >>> (vectors @ vectors.T).round(2).tolist()[0]
    [1.0, 1.0, 0.0, 0.0]
    """
    if dimensions < 1:
        raise SettingError("vectors need a dimension", where="dimensions", got=dimensions, allowed="1, 2, …")
    try:
        from sklearn.decomposition import TruncatedSVD
    except ModuleNotFoundError as error:
        raise ExtraError(
            "words cannot be compared by their distribution: scikit-learn is not installed",
            got=f"no module named {error.name}",
            hint='pip install "patentmetrics[lexicon]", or leave the similarity out',
        ) from error
    weights = _positive_pmi(sentences)
    terms = weights.shape[0]
    if terms < 2 or not weights.nnz:
        return np.zeros((terms, min(dimensions, max(1, terms))))
    # more iterations than the default: with them the neighbours no longer depend on the seed
    svd = TruncatedSVD(n_components=min(dimensions, terms - 1), n_iter=7, random_state=seed)
    vectors: NDArray[np.float64] = np.asarray(svd.fit_transform(weights), np.float64)
    scale = np.sqrt(svd.singular_values_)
    vectors = np.divide(vectors, scale, out=np.zeros_like(vectors), where=scale > 1e-9)
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])]
    vectors *= np.where(largest < 0, -1.0, 1.0)
    return unit_length(vectors)


def unit_length(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale each row to length 1; a row of zeros stays.

    Examples
    --------
    >>> unit_length(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: NDArray[np.float64] = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 1e-9)
    return scaled


def _positive_pmi(sentences: csr_array) -> csr_array:
    from scipy.sparse import coo_array, csr_array

    present = csr_array(
        (np.ones(sentences.nnz, np.float32), sentences.indices, sentences.indptr), shape=sentences.shape
    )
    together = coo_array(present.T @ present)
    row, column = together.coords
    apart = row != column
    row, column, joint = row[apart], column[apart], together.data[apart].astype(np.float64)
    sums = np.bincount(row, weights=joint, minlength=together.shape[0])
    total = sums.sum()
    with np.errstate(divide="ignore"):
        mutual = np.log(joint * total / (sums[row] * sums[column]))
    positive = mutual > 0
    return csr_array(
        (mutual[positive], (row[positive], column[positive])), shape=together.shape, dtype=np.float64
    )
