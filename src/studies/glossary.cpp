#include "studies/glossary.h"

namespace dcgan {

const std::vector<std::pair<std::string, std::string>>& report_glossary() {
  static const std::vector<std::pair<std::string, std::string>> words{
      {"run, seed",
       "One training from its start to its horizon; the seed decides all that is random in it."},
      {"horizon", "The step at which a study's runs end and are judged."},
      {"arm",
       "What is compared: batch norm, no norm, ... An arm's settings (learning rate, initial "
       "weights) are chosen for it on tuning seeds and judged on fresh ones."},
      {"FID",
       "Frechet inception distance between generated and real images in the space of a "
       "network's features: 0 where mean and covariance agree, lower is better (Heusel et "
       "al. 2017). Values compare only where the features are the same."},
      {"failed",
       "A loss was not finite, the images collapsed to one, or what the study says under "
       "'failed'. A failed run ranks last and is never left out; one that never started "
       "looked collapsed at every look at it."},
      {"interval", "In brackets, at 95 %: values that the runs do not rule out."},
      {"P(better)", "Share of seeds with which the first arm is better than the second."},
      {"Holm-adjusted p",
       "How likely so clear a difference is between equal arms, made larger for "
       "the number of comparisons of the study (Holm 1979)."},
      {"interquartile mean", "Mean of the middle half of the runs (Agarwal et al. 2021)."},
      {"supported",
       "The interval lies on the claim's side alone; 'meaningful': and the share of "
       "seeds is above 0.75. 'Not supported': it lies on the other side. "
       "'Inconclusive': it holds both. 'No data': there was nothing to compare."},
      {"preliminary", "A quick look, or a study that is not finished."}};
  return words;
}

}  // namespace dcgan
